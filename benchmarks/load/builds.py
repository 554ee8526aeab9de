"""Builds that push a report when they end, one after the other."""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

# Of the results of each; between two of a client its tests run.
FEWEST, MOST = 100, 600
PAUSE_S = 4.0


@dataclass(slots=True)
class Pushed:
    """`runs`: by the id of each that was taken, how many results it has."""

    took_s: list[float] = field(default_factory=list)
    runs: dict[int, int] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)


def push(
    port: int, tokens: Sequence[str], project: int, seconds: float, seed: int
) -> Pushed:
    """A client for each token, for so long."""
    pushed, end = Pushed(), time.monotonic() + seconds
    threads = [
        threading.Thread(
            target=_client,
            args=[port, token, project, end, random.Random(seed + n), pushed],
        )
        for n, token in enumerate(tokens)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return pushed


def _client(
    port: int,
    token: str,
    project: int,
    end: float,
    dice: random.Random,
    pushed: Pushed,
) -> None:
    time.sleep(dice.uniform(0, PAUSE_S))
    while time.monotonic() < end:
        count = dice.randint(FEWEST, MOST)
        begun = time.perf_counter()
        try:
            status, text = _sent(port, token, project, _report(count, dice))
        except (OSError, http.client.HTTPException) as error:
            pushed.errors.append(repr(error))
        else:
            pushed.took_s.append(time.perf_counter() - begun)
            if status == 201:
                pushed.runs[json.loads(text)["run"]] = count
            else:
                pushed.errors.append(f"{status}: {text[:200]}")
        time.sleep(max(0.0, min(PAUSE_S, end - time.monotonic())))


def _sent(port: int, token: str, project: int, body: bytes) -> tuple[int, str]:
    """As a build does it: over a connection of its own."""
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    name = f"Build {time.time_ns()}"
    query = urlencode({"project": project, "run": name, "branch": "main"})
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/xml"}
    try:
        client.request("POST", f"/api/v1/intake/junit/?{query}", body, headers)
        answer = client.getresponse()
        return answer.status, answer.read().decode()
    finally:
        client.close()


def _report(count: int, dice: random.Random) -> bytes:
    rows = []
    for number in range(count):
        failure = f'<failure message="expected {number}">at cart.py:{number}</failure>'
        inner = failure if dice.random() < 0.04 else ""
        took = dice.uniform(0.01, 4)
        rows.append(
            f'<testcase classname="shop.Part{number % 40}" name="test {number}" '
            f'time="{took:.3f}">{inner}</testcase>'
        )
    return f'<testsuite name="shop">{"".join(rows)}</testsuite>'.encode()
