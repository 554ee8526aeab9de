"""Serves the five simulated vendors on loopback until it is told to end.

Prints one JSON line for each connection that can be made, then {"ready": true}.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import signal
import stat
import sys
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ingest.simulator.beginnings import recall
from ingest.simulator.listener import Listener
from ingest.simulator.qatech import SimulatedQaTech
from ingest.simulator.server import Simulator
from ingest.simulator.testably import SimulatedTestably
from ingest.simulator.testifly import SimulatedTestifly
from ingest.simulator.testmo import SimulatedTestmo
from ingest.simulator.testomatio import SimulatedTestomatio
from ingest.simulator.world import World

# The order of the ports.
VENDORS: tuple[type[Simulator], ...] = (
    SimulatedTestmo,
    SimulatedTestomatio,
    SimulatedTestably,
    SimulatedQaTech,
    SimulatedTestifly,
)
PORTS_TRIED = 50
PARENT_CHECK_SECONDS = 1.0


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    parent = os.getppid()
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    _end_with_stdin(ended)
    try:
        world = _world(options)
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    listeners = [
        _listener(world, vendor, index, options)
        for index, vendor in enumerate(VENDORS)
        if options.only in (None, vendor.vendor)
    ]
    for listener in listeners:
        listener.start()
        for connection in listener.simulator.connections(listener.base_url):
            _say({"vendor": listener.simulator.vendor, **connection})
    _say({"ready": True})
    while not ended.wait(PARENT_CHECK_SECONDS):
        if os.getppid() != parent:
            break
    for listener in listeners:
        listener.stop()
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m ingest.simulator", description=__doc__
    )
    add = parser.add_argument
    add("--data-dir", type=Path, required=True, help="remembers which world it is")
    add("--relaxed", action="store_true", help="without the vendors' rate limits")
    add("--port-base", type=int, default=0, help="first port; 0: any free ports")
    add("--seed", type=int, default=2026)
    add("--runs", type=int, default=1500, help="about how many in --days")
    add("--days", type=int, default=365)
    add("--only", choices=[vendor.vendor for vendor in VENDORS])
    add("--control", action="store_true", help="open /_control for faults and switches")
    add(
        "--seed-date",
        type=datetime.fromisoformat,
        help="the world's now, at which time stands still (ISO 8601, UTC)",
    )
    return parser.parse_args(arguments)


def _world(options: argparse.Namespace) -> World:
    now = _seed_date(options) or datetime.now(UTC)
    beginnings = recall(options.data_dir, options.seed, options.runs, options.days, now)
    world = beginnings.world()
    # The world never changes: the collector need not look at it again and again.
    gc.collect()
    gc.freeze()
    return world


def _seed_date(options: argparse.Namespace) -> datetime | None:
    moment: datetime | None = options.seed_date
    return moment.replace(tzinfo=moment.tzinfo or UTC) if moment else None


def _listener(
    world: World, vendor: type[Simulator], index: int, options: argparse.Namespace
) -> Listener:
    moment = _seed_date(options)
    clock = (lambda: moment) if moment else (lambda: datetime.now(UTC))
    simulator = vendor(world, relaxed=options.relaxed, clock=clock)
    if not options.port_base:
        return Listener(simulator, control=options.control)
    first = options.port_base + index
    for port in range(first, first + PORTS_TRIED):
        try:
            return Listener(simulator, port, control=options.control)
        except OSError:
            # Somebody else listens there: the line on stdout says where we do.
            continue
    raise SystemExit(f"No free port from {first} to {first + PORTS_TRIED - 1}.")


def _end_with_stdin(ended: threading.Event) -> None:
    """A closed pipe means that whoever started us is gone; other stdins say nothing."""
    try:
        is_pipe = stat.S_ISFIFO(os.fstat(0).st_mode)
    except OSError:
        # Started without any stdin.
        return
    if not is_pipe:
        return

    def watch() -> None:
        while os.read(0, 1024):
            pass
        ended.set()

    threading.Thread(target=watch, daemon=True).start()


def _say(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
