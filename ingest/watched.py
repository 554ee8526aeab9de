"""Whoever wants to follow what goes out is told of its method and host alone: paths and
headers may be keys.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

# Is told the code of the answer, if there is one.
Answered = Callable[[int], None]
Watch = Callable[[str, str], AbstractContextManager[Answered]]


def _nobody(method: str, host: str) -> AbstractContextManager[Any]:
    return nullcontext(lambda code: None)


_watch: Watch = _nobody


def watch_with(watch: Watch | None) -> None:
    global _watch
    _watch = watch or _nobody


def watched(method: str, host: str) -> AbstractContextManager[Answered]:
    """Around one request, until its answer begins."""
    return _watch(method, host)
