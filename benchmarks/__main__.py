"""Runs every benchmark on a fresh database and prints its table."""

from __future__ import annotations

from benchmarks import store, sync
from benchmarks.ground import fresh_database


def main() -> None:
    with fresh_database():
        store.run()
        sync.run() if "--store" not in __import__("sys").argv else None


if __name__ == "__main__":
    main()
