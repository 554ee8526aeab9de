"""What a vendor holds, read from a file: times moved to now, long texts unfolded."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

from tests import clock

World: TypeAlias = dict[str, Any]

FOLDER = Path(__file__).parent
# As the vendors write times; whatever else looks like one is part of the input.
TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{3})?Z")
REPEAT = re.compile(r"REPEAT:(\d+):(.*)", re.DOTALL)


def phases(name: str, vendor: str) -> list[World]:
    """What the vendor holds at the first sync, and at later ones.

    All phases are moved by the same time, so that nothing changes but what the input
    changes.
    """
    files = sorted((FOLDER / name).glob(f"{vendor}-phase*.json"))
    assert files, f"no input of {vendor} in {FOLDER / name}"
    read = [json.loads(file.read_text()) for file in files]
    made_at = datetime.fromisoformat(read[0]["made_at"])
    ahead = clock.START.replace(microsecond=0) - made_at
    return [unfolded(one, ahead) for one in read]


def unfolded(part: Any, ahead: timedelta) -> Any:
    """`part` with every time later by `ahead`, and every REPEAT written out."""
    if isinstance(part, dict):
        return {name: unfolded(one, ahead) for name, one in part.items()}
    if isinstance(part, list):
        return [unfolded(one, ahead) for one in part]
    if not isinstance(part, str):
        return part
    if found := TIME.fullmatch(part):
        moved = datetime.fromisoformat(found[1]) + ahead
        return f"{moved:%Y-%m-%dT%H:%M:%S}{found[2] or ''}Z"
    if found := REPEAT.fullmatch(part):
        return found[2] * int(found[1])
    return part


def ago(*, fraction: bool = True, **units: float) -> str:
    """A time so long before now (`hours=3`), as vendors write it."""
    at = clock.START - timedelta(**units)
    return f"{at:%Y-%m-%dT%H:%M:%S}{'.000' if fraction else ''}Z"
