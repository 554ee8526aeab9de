"""How many tests each rule calls flaky, on the data at hand.

`python -m benchmarks.rules` reads the database that manage.py would, for example that
of the demo with DATA_DIR=var.
"""

from __future__ import annotations

import os

from benchmarks.table import show

WINDOWS = (30, 90)


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    import django

    django.setup()
    from dashboard.filters import Filters
    from dashboard.precomputed.flaky import rule_counts

    found = [rule_counts(Filters(window_days=days)) for days in WINDOWS]
    show(
        "Tests that a rule calls flaky",
        ("rule", *(f"{days} days" for days in WINDOWS)),
        [(rule, *(counts[rule] for counts in found)) for rule in found[0]],
    )


if __name__ == "__main__":
    main()
