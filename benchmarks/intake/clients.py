"""Clients that push at once, as Testmo's own does: a run, a thread, appends, an end."""

from __future__ import annotations

import http.client
import json
import threading
import time
from typing import Any

from benchmarks.intake.made_up import append_body

APPENDS_A_RUN = 40
API = "/intake/testmo/api/v1"


class Pusher:
    """One connection with a token."""

    def __init__(self, port: int, token: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self._token = token

    def post(self, path: str, body: bytes, kind: str = "application/json") -> bytes:
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": kind}
        self._connection.request("POST", path, body, headers)
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status not in (200, 201, 204):
            raise RuntimeError(f"{path}: {answer.status} {content[:200]!r}")
        return content

    def opened(self, project: int) -> tuple[int, int]:
        """The ids of a new run and of its thread."""
        run = self._id(f"/projects/{project}/automation/runs", name="Nightly")
        return run, self._id(f"/automation/runs/{run}/threads")

    def append(self, thread: int, body: bytes) -> None:
        self.post(f"{API}/automation/runs/threads/{thread}/append", body)

    def complete(self, run: int) -> None:
        self.post(f"{API}/automation/runs/{run}/complete", b'{"measure_elapsed":true}')

    def _id(self, path: str, **said: Any) -> int:
        body = json.dumps(said | {"source": "frontend"} if said else said).encode()
        found: int = json.loads(self.post(API + path, body))["id"]
        return found


def appends(
    port: int, token: str, project: int, clients: int, seconds: float
) -> list[float]:
    """Push for so long with so many clients; how long each append took (seconds)."""
    took: list[float] = []
    end = time.perf_counter() + seconds

    def push(lane: int) -> None:
        pusher = Pusher(port, token)
        while time.perf_counter() < end:
            run, thread = pusher.opened(project)
            for body in bodies[lane]:
                begun = time.perf_counter()
                pusher.append(thread, body)
                took.append(time.perf_counter() - begun)
                if time.perf_counter() >= end:
                    break
            pusher.complete(run)

    bodies = [
        [append_body(lane, number) for number in range(APPENDS_A_RUN)]
        for lane in range(clients)
    ]
    _at_once(push, clients)
    return took


def _at_once(push: Any, clients: int) -> None:
    failed: list[BaseException] = []

    def told(lane: int) -> None:
        try:
            push(lane)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=told, args=[n]) for n in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
