"""Processes that SIGKILL ends at the n-th step of what they do.

A step is a call or a return of any function, in Python or in C, so that each moment may be
drawn: between two statements, before an answer is read, after a COMMIT. A number says it
again exactly, on a machine however slow, which no number of milliseconds does.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import threading
import uuid
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

VARIABLE = "DYING_PLAN"
SETTINGS = "tests.faults.settings"


class Plan:
    """What the processes of one test are told, in files: whoever is killed says nothing."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file, self._counted = folder / "plan", folder / "counted"

    @property
    def environment(self) -> dict[str, str]:
        return {VARIABLE: str(self._file.parent), "DJANGO_SETTINGS_MODULE": SETTINGS}

    def arm(self, doing: Sequence[str], *, at: int = 0, whole: bool = False) -> None:
        """Let whoever does one of these die at that step, or only count for 0.

        `whole`: and all processes of its group with it.
        """
        said = {"doing": [*doing], "at": at, "whole": whole, "id": uuid.uuid4().hex}
        self._counted.unlink(missing_ok=True)
        draft = self._file.with_suffix(".draft")
        draft.write_text(json.dumps(said))
        draft.rename(self._file)

    def is_over(self) -> bool:
        """Whether somebody died of it."""
        return not self._file.exists()

    def disarm(self) -> None:
        self._file.unlink(missing_ok=True)

    def counted(self, times: int) -> int:
        """The steps of all that was done since it was armed, once it was so often."""
        with suppress(FileNotFoundError):
            *before, steps = self._counted.read_text().split()
            return int(steps) if len(before) + 1 >= times else 0
        return 0

    def read(self) -> dict[str, Any] | None:
        with suppress(FileNotFoundError):
            said: dict[str, Any] = json.loads(self._file.read_text())
            return said
        return None

    def note(self, steps: int) -> None:
        with self._counted.open("a") as file:
            file.write(f"{steps}\n")


def points(seed: str, steps: int, count: int = 10) -> Iterator[int]:
    """One of each part of as many steps, printed; another seed draws others."""
    drawn = random.Random(seed)
    for part in range(count):
        # Threads that wait for each other take a few more steps, or less, each time.
        at = int((part + drawn.random()) * 0.98 * steps / count) + 1
        sys.stdout.write(f"killed at step {at:,} of {steps:,}\n")
        yield at


class _Watch:
    """Counts the steps of this process while it does what the plan names."""

    def __init__(self, plan: Plan) -> None:
        self._plan, self._steps, self._id = plan, 0, ""
        self._at, self._whole = 0, False

    def begin(self, doing: str) -> None:
        told = self._plan.read()
        if told is None or doing not in told["doing"]:
            return
        if told["id"] != self._id:
            self._steps, self._id = 0, told["id"]
        self._at, self._whole = told["at"], told["whole"]
        # Threads that it starts are part of it.
        threading.setprofile(self._step)
        sys.setprofile(self._step)

    def end(self) -> None:
        if sys.getprofile() is not None:
            sys.setprofile(None)
            threading.setprofile(None)  # type: ignore[arg-type]
            self._plan.note(self._steps)

    def _step(self, *_: Any) -> None:
        self._steps += 1
        if self._steps == self._at:
            self._plan.disarm()
            if self._whole:
                os.killpg(os.getpgrp(), signal.SIGKILL)
            os.kill(os.getpid(), signal.SIGKILL)


def watch() -> None:
    """Count in this process: tasks by their names, requests by their paths."""
    from celery.signals import task_postrun, task_prerun
    from django.core.signals import request_finished, request_started

    own = _Watch(Plan(Path(os.environ[VARIABLE])))

    def task_begins(sender: Any = None, **_: Any) -> None:
        own.begin(sender.name)

    def request_begins(environ: Any = None, **_: Any) -> None:
        own.begin(environ["PATH_INFO"])

    def ends(**_: Any) -> None:
        own.end()

    task_prerun.connect(task_begins, weak=False)
    task_postrun.connect(ends, weak=False)
    request_started.connect(request_begins, weak=False)
    request_finished.connect(ends, weak=False)
