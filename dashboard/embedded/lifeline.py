"""How a process notices that the process which started it has died."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time

PARENT_PIPE = "PASSLINE_PARENT_PIPE"
PATIENCE_S = 10
_PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """Ask Linux for a SIGTERM when the parent dies; elsewhere do nothing."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def watch_parent() -> None:
    """End this process when the pipe named by PASSLINE_PARENT_PIPE closes.

    The parent holds the only writing end, so that however it dies the reading end
    sees the end of file. This needs no prctl and also works for a parent that died
    before `die_with_parent` was called.
    """
    pipe = os.environ.pop(PARENT_PIPE, "")
    if pipe:
        threading.Thread(target=_end_at_eof, args=[int(pipe)], daemon=True).start()


def _end_at_eof(pipe: int) -> None:
    while os.read(pipe, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(PATIENCE_S)
    os.kill(os.getpid(), signal.SIGKILL)
