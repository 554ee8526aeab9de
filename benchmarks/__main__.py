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
    # In processes of their own, because Django reads its settings once.
    for name in ("intake", "million", "api"):
        subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=True)


if __name__ == "__main__":
    main()
