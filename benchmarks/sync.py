"""Through HTTP, connector, upsert and roll-ups: one worker against one vendor."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

from benchmarks.ground import scratch_folder
from benchmarks.table import rate, show

if TYPE_CHECKING:
    from ingest.models import Connection


def run() -> None:
    """Sync each simulated vendor's whole year in this process, vendor after vendor."""
    from ingest.sync import sync_in_foreground

    simulators = started_simulators()
    rows, total, spent = [], 0, 0.0
    try:
        for told in connections_of(simulators):
            connection = connected(told)
            start = time.perf_counter()
            (parent,) = sync_in_foreground([connection])
            seconds = time.perf_counter() - start
            total += parent.results_written
            spent += seconds
            written = parent.results_written
            rows.append(
                (
                    connection.name,
                    parent.status,
                    f"{written:,}",
                    f"{seconds:.1f}",
                    rate(written, seconds),
                )
            )
    finally:
        simulators.terminate()
        simulators.wait()
    rows.append(("all", "", f"{total:,}", f"{spent:.1f}", rate(total, spent)))
    show(
        "First sync of a year, HTTP to roll-ups, one worker",
        ("connection", "status", "results", "seconds", "results/s"),
        rows,
    )


def started_simulators() -> subprocess.Popen[str]:
    folder = str(scratch_folder() / "simulators")
    return subprocess.Popen(
        [sys.executable, "-m", "ingest.simulator", "--relaxed", "--data-dir", folder],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def connected(told: dict[str, Any]) -> Connection:
    from ingest.connections import save_connection

    return save_connection(
        vendor=told["vendor"],
        name=told.get("name", told["vendor"]),
        base_url=told["base_url"],
        secrets=told["secrets"],
        settings=told["settings"],
        projects=told["projects"],
    )


def connections_of(simulators: subprocess.Popen[str]) -> list[dict[str, Any]]:
    """What each vendor that was started says of itself, once all of them listen."""
    told = []
    assert simulators.stdout
    for line in simulators.stdout:
        row = json.loads(line)
        if row.get("ready"):
            break
        told.append(row)
    return told
