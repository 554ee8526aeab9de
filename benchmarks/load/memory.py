"""What each process of an installation holds in memory, and what it computes."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

KINDS = {
    "gunicorn": "web",
    "--queues=passline,quick": "worker",
    "--queues=quick": "courier",
}


@dataclass(frozen=True, slots=True)
class Held:
    """Megabytes; `pss`: pages that processes share are divided among them. `cpu_s`: since
    it began.
    """

    name: str
    rss: float
    pss: float
    cpu_s: float


def held(parent: int) -> dict[int, Held]:
    """By its id, each process that this one started."""
    found = {}
    for process in psutil.Process(parent).children(recursive=True):
        with suppress(psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
            found[process.pid] = _held(process)
    return found


def _held(process: psutil.Process) -> Held:
    lines = Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines()
    sizes = {words[0]: int(words[1]) for words in map(str.split, lines[1:])}
    spent = sum(process.cpu_times()[:2])
    return Held(_name(process), sizes["Rss:"] / 1024, sizes["Pss:"] / 1024, spent)


def _name(process: psutil.Process) -> str:
    words = process.cmdline()
    kind = next((kind for word, kind in KINDS.items() if word in " ".join(words)), "")
    if not kind:
        return "beat" if "beat" in words else process.name()
    parent = process.parent()
    # The first of them starts the others and does no work of its own.
    is_first = parent is None or parent.cmdline()[1:] != words[1:]
    return f"{kind}, first" if is_first else kind
