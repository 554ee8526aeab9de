"""How often the forecasts of past milestones would have held, on the data at hand.

`python -m benchmarks.forecasts` reads the database that manage.py would, for example
that of the demo with DATA_DIR=var.
"""

from __future__ import annotations

import os

from benchmarks.table import show


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    import django

    django.setup()
    from dashboard.filters import Filters
    from dashboard.metrics.milestones.back_test import back_test

    found = back_test(Filters())
    early = sum(one.finished_on < one.forecast.p10 for one in found.tried)
    late = sum(one.finished_on > one.forecast.p90 for one in found.tried)
    held = "no forecast" if found.coverage is None else f"{found.coverage:.0%}"
    show(
        "Forecasts of completed milestones, one for each of their days",
        ("figure", "value"),
        [
            ("completed milestones", found.milestones),
            ("finished: every test passed", found.finished),
            ("forecasts with a finishing day", len(found.tried)),
            ("p10 to p90 held the finishing day", f"{held} (80% is meant)"),
            ("finished before p10", early),
            ("finished after p90", late),
        ],
    )


if __name__ == "__main__":
    main()
