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
    has hung up, before or after, again and again until the request is over: it may be
    about to ask the database for the next thing.
    """

    def __init__(self) -> None:
        self.is_gone = False
        self._lock = threading.Lock()
        self._end: Callable[[], None] | None = None
        self._is_ending = False

    def ends_with(self, end: Callable[[], None]) -> None:
        with self._lock:
            self._end = end
            self._end_if_gone()

    def was_answered(self) -> None:
        """Nothing is ended from now on: the thread and its connection serve others."""
        with self._lock:
            self._end = None

    def hung_up(self) -> None:
        if self.is_gone:
            # The web server's loop must not wait until a query is ended.
            return
        self.is_gone = True
        with self._lock:
            self._end_if_gone()

    def _end_if_gone(self) -> None:
        """In a thread of its own: ending a query takes a connection to the database."""
        if self.is_gone and self._end is not None and not self._is_ending:
            self._is_ending = True
            threading.Thread(target=self._keep_ending, daemon=True).start()

    def _keep_ending(self) -> None:
        while True:
            with self._lock:
                if self._end is None:
                    self._is_ending = False
                    return
                self._end()
            time.sleep(AGAIN_EVERY_S)
