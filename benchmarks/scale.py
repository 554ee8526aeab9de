"""The year of a large company: 20 projects of 4,000 tests, runs of 1,000.

`python -m benchmarks.scale FOLDER --results 10_000_000` fills FOLDER unless it is, and
measures pages and sizes.
"""

from __future__ import annotations

import argparse
import time

SIZES = (4000,) * 20


def fill(results: int) -> None:
    """Store them where nothing is stored, and bring what is kept up to date."""
    from django.db import connection

    from benchmarks.million import load
    from benchmarks.table import rate
    from dashboard.precomputed.precompute import precompute
    from dashboard.precomputed.precompute_milestones import precompute_milestones
    from ingest.models import Run

    if Run.objects.exists():
        return
    begun = time.perf_counter()
    stored = load(results, SIZES)
    print(f"{stored:,} results at {rate(stored, time.perf_counter() - begun)}/s")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    begun = time.perf_counter()
    precompute()
    print(f"Standard windows computed anew: {time.perf_counter() - begun:.1f} s")
    begun = time.perf_counter()
    number = precompute_milestones(longest_s=3600)
    print(f"{number} milestones computed anew: {time.perf_counter() - begun:.1f} s")


def main() -> None:
    from benchmarks.ground import database_in

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    parser.add_argument("--results", type=int, default=1_000_000)
    chosen = parser.parse_args()
    with database_in(chosen.folder):
        from benchmarks import pages, store

        fill(chosen.results)
        store.show_size()
        pages.run()


if __name__ == "__main__":
    main()
