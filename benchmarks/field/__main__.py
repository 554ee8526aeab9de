"""The same year of results into Passline and into Linaro SQUAD, measured in one run.

    python -m benchmarks.field FOLDER [--results 1_000_000] [--squad-python PATH]

makes FOLDER/passline and FOLDER/squad, each with a PostgreSQL of its own with the same
settings, posts the same runs to both in turn over HTTP, asks both for the pages that
answer the same questions, and times the metrics beside SQL by hand. SQUAD is installed
into FOLDER/squad/venv unless PATH is a Python that has it. What was loaded before is
measured again.
"""

from __future__ import annotations

import argparse
import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.ground import database_in
from benchmarks.intake.server import Server, served
from benchmarks.scale import SIZES
from benchmarks.table import show

if TYPE_CHECKING:
    from benchmarks.field.loading import Loaded
    from benchmarks.field.squad import Squad


def main() -> None:
    asked = _arguments()
    ours, theirs = asked.folder / "passline", asked.folder / "squad"
    # Strangers read both.
    os.environ["PUBLIC_READ"] = "on"
    with database_in(str(ours)):
        from benchmarks.field import by_hand
        from benchmarks.field.squad import squad_in

        python, projects = asked.squad_python, len(SIZES)
        with squad_in(theirs, python=python, projects=projects) as squad:
            with served() as server:
                _load(server, squad, asked.results)
                _sizes(squad, ours)
                _pages(server, squad)
            by_hand.measure()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--results", type=int, default=1_000_000)
    parser.add_argument("--squad-python", default="")
    return parser.parse_args()


def _load(server: Server, squad: Squad, results: int) -> None:
    from benchmarks.field.loading import load_both
    from dashboard.precomputed.precompute import precompute
    from ingest.models import Result, Run
    from ingest.packing import pack_indexes

    if Run.objects.exists():
        return
    ours, theirs = load_both(server, _token(), squad, results, SIZES)
    assert squad.query("SELECT count(*) FROM core_test") == [(theirs.results,)]
    assert Result.objects.count() == ours.results
    cpu = sum(theirs.cpu_ms) / sum(ours.cpu_ms)
    show(
        "Posted over HTTP by one client, a run in each POST (processor time: ms for 1,000 "
        "results; ratios: of the speeds, and of the processor times)",
        ("", "results", "results/s", "ms a POST", "web", "database", "ratios"),
        [
            _posted("SQUAD", theirs, ""),
            _posted("Passline", ours, f"{ours.rate / theirs.rate:.1f} {cpu:.1f}"),
        ],
    )
    # As each night does.
    pack_indexes(datetime.now(tz=UTC).date())
    begun = time.perf_counter()
    precompute()
    print(f"  Figures of Passline's usual windows: {time.perf_counter() - begun:.1f} s")


def _posted(name: str, of: Loaded, ratios: str) -> tuple[str, ...]:
    cpu = (f"{one:.0f}" for one in of.cpu_ms)
    return name, f"{of.results:,}", f"{of.rate:,.0f}", of.told_ms, *cpu, ratios


def _token() -> str:
    from django.contrib.auth import get_user_model

    from dashboard.models import ApiToken, Scope

    user = get_user_model().objects.create_superuser("bench")
    return ApiToken.issue(user.pk, scopes=[Scope.INTAKE])[1]


def _sizes(squad: Squad, ours: Path) -> None:
    from benchmarks.field import sizes

    rows = sizes.sizes(squad, ours)
    show("Bytes a result, messages apart", sizes.HEADS, rows)


def _pages(server: Server, squad: Squad) -> None:
    from benchmarks.field import pages

    rows = []
    for asked in pages.questions(squad):
        theirs, made, kept = pages.ask_both(asked, server.port, squad)
        ratios = [
            f"{theirs.median / of.median:.1f}" if theirs else "-" for of in (made, kept)
        ]
        rows.append((asked.text, theirs or "-", made, kept, *ratios))
    show(
        f"Pages over HTTP in ms, median / 95th percentile of {pages.ROUNDS} (made: anew of "
        "figures that are kept; again: within the minute; SQUAD's time over ours)",
        ("", "SQUAD", "made", "again", "SQUAD/made", "SQUAD/again"),
        rows,
    )


if __name__ == "__main__":
    main()
