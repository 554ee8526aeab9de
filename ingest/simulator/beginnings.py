"""Remembers in the data folder when the demo's world began and was started again."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ingest.simulator.generator import build_world
from ingest.simulator.generator.year import LIVE_HOURS
from ingest.simulator.world import World

FILE_NAME = "simulated-world.json"


@dataclass(frozen=True, slots=True)
class Beginnings:
    """What `build_world` needs to make the same world again. Moments are ISO 8601."""

    seed: int
    runs: int
    days: int
    started_at: str
    later_starts: tuple[str, ...] = ()

    def world(self) -> World:
        return build_world(
            self.seed,
            datetime.fromisoformat(self.started_at),
            self.runs,
            self.days,
            [datetime.fromisoformat(later) for later in self.later_starts],
        )

    def started_again(self, now: datetime) -> Beginnings:
        """With one more start, unless the time of small runs is not over yet."""
        last = datetime.fromisoformat([self.started_at, *self.later_starts][-1])
        if now < last + timedelta(hours=LIVE_HOURS):
            return self
        return replace(self, later_starts=(*self.later_starts, now.isoformat()))


def recall(folder: Path, seed: int, runs: int, days: int, now: datetime) -> Beginnings:
    """The world of the folder, or a new one that begins now; written down for next time.

    What the folder remembers wins over the arguments. Raises ValueError, with the way
    out, when its file cannot be read.
    """
    path = folder / FILE_NAME
    now = now.astimezone(UTC).replace(microsecond=0)
    if path.exists():
        beginnings = _read(path).started_again(now)
    else:
        beginnings = Beginnings(seed, runs, days, now.isoformat())
    folder.mkdir(parents=True, exist_ok=True)
    # Written aside and renamed, so that a killed start leaves a whole file.
    aside = path.with_suffix(".new")
    aside.write_text(json.dumps(asdict(beginnings)), encoding="utf-8")
    os.replace(aside, path)
    return beginnings


def _read(path: Path) -> Beginnings:
    try:
        kept = Beginnings(**json.loads(path.read_text(encoding="utf-8")))
        return replace(kept, later_starts=tuple(kept.later_starts))
    except (ValueError, TypeError) as error:
        raise ValueError(
            f"{path} does not describe a simulated world ({error}). "
            "Delete it to begin a new one."
        ) from error
