"""Run a command, and all that it starts, on a clock that was set to another moment.

    python -m tests.clock 2028-02-29T23:59:30Z python -m pytest
    python -m tests.clock random python -m pytest

The clock goes on from there, in every process: Python, PostgreSQL, Redis and the browser
agree on the time. Needs Linux and a C compiler.
"""

from __future__ import annotations

import argparse
import calendar
import os
import random
import subprocess
import sys
import tempfile
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

AHEAD_DAYS = 4 * 366  # each kind of day comes within four years, 29 February too


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.clock")
    parser.add_argument("moment", type=moment, help="ISO time with its zone, or random")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    name = f"{options.moment:%Y-%m-%dT%H:%M:%SZ}"
    sys.stdout.write(f"clock: begins at {name}; the same again: make test AT={name}\n")
    sys.stdout.flush()
    # The library stays in the temporary folder: this process becomes the command.
    os.environ |= shifted(options.moment, Path(tempfile.mkdtemp(prefix="clock-")))
    os.execvp(options.command[0], options.command)


def moment(word: str) -> datetime:
    if word == "random":
        return drawn(datetime.now(UTC).date())
    at = datetime.fromisoformat(word)
    if at.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{word} names no time zone; end it with Z")
    return at.astimezone(UTC)


def drawn(today: date) -> datetime:
    """Any second of the coming four years, or shortly before an edge of the calendar."""
    day = today + timedelta(days=random.randint(1, AHEAD_DAYS))
    seconds = random.randrange(86_400)
    # What the recordings hold would be of the future in the past.
    coming = [edge for edge in edges(day.year) if edge > today]
    if coming and random.random() < 0.5:
        day, seconds = random.choice(coming), 86_400 - 180
    return datetime.combine(day, time(), UTC) + timedelta(seconds=seconds)


def edges(year: int) -> list[date]:
    """Days that end a month or a year, and those on which summer time comes or goes."""
    months = [date(year, n, calendar.monthrange(year, n)[1]) for n in range(1, 13)]
    leap = [date(year, 2, 28)] if calendar.isleap(year) else []
    return [*months, *leap, last_sunday(months[2]), last_sunday(months[9])]


def last_sunday(end_of_month: date) -> date:
    return end_of_month - timedelta(days=(end_of_month.weekday() + 1) % 7)


def shifted(at: datetime, folder: Path) -> dict[str, str]:
    """The environment in which it is now `at`."""
    return {
        "AT": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "CLOCK_AHEAD_S": str(round((at - datetime.now(UTC)).total_seconds())),
        "LD_PRELOAD": str(compiled(folder)),
    }


def compiled(folder: Path) -> Path:
    """The library that answers for the kernel; made anew, which takes a moment."""
    library = folder / "shift.so"
    source = Path(__file__).with_name("shift.c")
    command = ["cc", "-shared", "-fPIC", "-O2", "-o", str(library), str(source), "-ldl"]
    subprocess.run(command, check=True)
    return library


if __name__ == "__main__":
    main()
