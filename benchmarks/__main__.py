"""Runs every benchmark on a fresh database and prints its table."""

from __future__ import annotations

import subprocess
import sys

from benchmarks import pages, store, sync
from benchmarks.ground import fresh_database


def main() -> None:
    with fresh_database():
        store.run()
        sync.run()
        pages.run()
    # In a process of its own, because Django reads its settings once.
    subprocess.run([sys.executable, "-m", "benchmarks.million"], check=True)


if __name__ == "__main__":
    main()
