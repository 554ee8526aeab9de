"""Record what every page and every call of the API answers, and compare two recordings.

    python -m benchmarks.golden record FOLDER
    python -m benchmarks.golden compare BEFORE AFTER

Both recordings are of the same data at the same moment, so what differs is the code.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time
from pathlib import Path

# Sets of texts have the same order in each recording.
FIXED = {
    "PYTHONHASHSEED": "0",
    "SECRET_KEY": "a key for recordings, which guards nothing",
    "CREDENTIALS_KEYS": "Z29sZGVuLXJlY29yZGluZ3MtZ3VhcmQtbm90aGluZyE=",
    "ALLOWED_HOSTS": "",
    "CSRF_TRUSTED_ORIGINS": "",
    "TIME_ZONE": "",
    "FORCE_SCRIPT_NAME": "",
    "PUBLIC_READ": "",
    "RETENTION_DAYS": "",
    "MACHINE_PRICE": "0.5",
    "TRIAGE_MINUTES": "10",
    "WAGE": "60",
    "INTAKE_TESTMO_HOST": "",
    "INTAKE_TESTOMATIO_HOST": "",
    "STATIC_ROOT": "",
    "NO_PROXY": "*",
    "no_proxy": "*",
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.golden")
    commands = parser.add_subparsers(dest="command", required=True)
    recording = commands.add_parser("record", help="write a file for each request")
    recording.add_argument("folder", type=Path)
    recording.add_argument(
        "--only", default="", help="a regular expression of addresses, such as ^/flaky"
    )
    comparing = commands.add_parser("compare", help="exit with 1 where files differ")
    comparing.add_argument("before", type=Path)
    comparing.add_argument("after", type=Path)
    comparing.add_argument(
        "--loose", action="store_true", help="spaces between tags do not count"
    )
    options = parser.parse_args()
    if options.command == "record":
        _record(options.folder, options.only)
    else:
        from benchmarks.golden.difference import compare

        sys.exit(bool(compare(options.before, options.after, is_loose=options.loose)))


def _record(folder: Path, only: str) -> None:
    if os.environ.get("PYTHONHASHSEED") != FIXED["PYTHONHASHSEED"]:
        os.environ |= FIXED
        os.execv(
            sys.executable, [sys.executable, "-m", "benchmarks.golden", *sys.argv[1:]]
        )
    if folder.exists() and any(folder.iterdir()):
        if any(path.is_file() for path in folder.iterdir()):
            sys.exit(f"{folder} holds something else than a recording.")
        shutil.rmtree(folder)
    from benchmarks.ground import fresh_database

    start = time.monotonic()
    with fresh_database():
        from benchmarks.golden.record import record

        count, broken = record(folder, only)
    for line in broken:
        print(f"broken: {line}")
    print(f"{count} requests in {time.monotonic() - start:.0f} s")


if __name__ == "__main__":
    main()
