"""Runs every benchmark on a fresh database and prints its table."""

from __future__ import annotations

from benchmarks import pages, store, sync
from benchmarks.ground import fresh_database


def main() -> None:
    with fresh_database():
        store.run()
        sync.run()
        pages.run()


if __name__ == "__main__":
    main()
