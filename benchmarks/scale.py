"""The year of a large company: 20 projects of 4,000 tests, runs of 1,000.

`python -m benchmarks.scale FOLDER --results 10_000_000` fills FOLDER unless it is, and
measures pages and sizes.
"""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

SIZES = (4000,) * 20


def main() -> None:
    from benchmarks.ground import database_in

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    parser.add_argument("--results", type=int, default=1_000_000)
    chosen = parser.parse_args()
    with database_in(chosen.folder):
        from benchmarks import pages, store
        from benchmarks.million import fill
        from ingest.packing import pack_indexes

        fill(chosen.results, SIZES)
        packed = pack_indexes(datetime.now(tz=UTC).date())
        print(f"{len(packed)} indexes of months that are over were packed")
        store.show_size()
        pages.run()


if __name__ == "__main__":
    main()
