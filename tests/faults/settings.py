"""The tests' settings, for processes that are to die at a moment that a test draws."""

from __future__ import annotations

from tests.faults import dying
from tests.settings import *  # noqa: F403

dying.watch()
