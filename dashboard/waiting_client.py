"""Who waits for an answer: once nobody does, the database works on it no longer."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

# Under this name the web server hands the client on with a request.
CLIENT = "passline.client"
AGAIN_EVERY_S = 0.2


class WaitingClient:
    """The client of one request. What `ends_with` was told to do is done once the client
    has hung up, again and again until the request is over: it may be about to ask the
    database for the next thing.
    """

    def __init__(self) -> None:
        self.is_gone = False
        self._lock = threading.Lock()
        self._end: Callable[[], None] | None = None

    def ends_with(self, end: Callable[[], None]) -> None:
        with self._lock:
            self._end = end

    def was_answered(self) -> None:
        """Nothing is ended from now on: the thread and its connection serve others."""
        with self._lock:
            self._end = None

    def hung_up(self) -> None:
        """In a thread of its own: ending a query takes a connection to the database."""
        self.is_gone = True
        if self._end is not None:
            threading.Thread(target=self._keep_ending, daemon=True).start()

    def _keep_ending(self) -> None:
        while True:
            with self._lock:
                if self._end is None:
                    return
                self._end()
            time.sleep(AGAIN_EVERY_S)
