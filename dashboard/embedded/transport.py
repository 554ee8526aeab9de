"""kombu's filesystem transport, made safe for several readers and writers at once.

kombu writes a message under its final name, so that a fast reader can take half of
one, and one empty file ends a worker. Here a file appears whole under its name, and
whoever renames it away first owns it.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.exceptions import ChannelError
from kombu.transport import filesystem

logger = logging.getLogger(__name__)


def options(folder: Path) -> dict[str, Any]:
    """Celery's broker_transport_options for a broker that lives in `folder`."""
    return {
        "data_folder_in": str(folder / "messages"),
        "data_folder_out": str(folder / "messages"),
        "control_folder": str(folder / "control"),
        # The default of a second is felt in every click on "sync now".
        "polling_interval": 0.2,
    }


def recover(folder: Path) -> None:
    """Remove what a killed run left behind: half-written files and lock files."""
    for path in [*(folder / "messages").glob(".*"), *(folder / "control").glob("*")]:
        path.unlink(missing_ok=True)


def write_atomically(path: Path, text: str) -> None:
    draft = path.with_name(f".{uuid.uuid4().hex}.draft")
    draft.write_text(text)
    draft.rename(path)


class Channel(filesystem.Channel):
    """Queues as files `<time>_<uuid>.<queue>.msg` in one folder."""

    # The stubs of kombu's two classes above us disagree about the second name.
    def _put(self, queue: str, payload: Any, **_: Any) -> None:  # type: ignore[override]
        folder = Path(self.data_folder_out)
        name = f"{time.time_ns():020d}_{uuid.uuid4().hex}.{queue}.msg"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            write_atomically(folder / name, json.dumps(payload))
        except OSError as error:
            raise ChannelError(f"cannot add a message to {folder}: {error}") from error

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        for path in self._waiting(queue):
            taken = path.with_name(f".{uuid.uuid4().hex}.taken")
            try:
                path.rename(taken)
            except FileNotFoundError:
                continue  # Another worker was faster.
            text = taken.read_text()
            taken.unlink()
            try:
                return json.loads(text)
            except ValueError:
                # The disk was full or the machine lost power: the beat asks again.
                logger.error("broker: dropped the unreadable message %s", path.name)
        raise Empty

    def _size(self, queue: str) -> int:
        return len(self._waiting(queue))

    def _purge(self, queue: str) -> int:
        waiting = self._waiting(queue)
        for path in waiting:
            path.unlink(missing_ok=True)
        return len(waiting)

    def _waiting(self, queue: str) -> list[Path]:
        folder = Path(self.data_folder_in)
        if not folder.is_dir():
            return []
        ending = f"{queue}.msg"
        names = (n for n in os.listdir(folder) if n.partition(".")[2] == ending)
        return [folder / name for name in sorted(names)]

    def get_table(self, exchange: str) -> list[Any]:
        try:
            rows = json.loads(self._table_file(exchange).read_text())
        except (FileNotFoundError, ValueError):
            return []  # An unreadable table is written anew by the next binding.
        # Readers look up the parts by name.
        return [filesystem.exchange_queue_t(*row) for row in rows]

    def _queue_bind(
        self,
        exchange: str,
        routing_key: str | None,
        pattern: str | None,
        queue: str | None,
    ) -> None:
        row = filesystem.exchange_queue_t(routing_key or "", pattern or "", queue or "")
        with self._locked_control():
            table = self.get_table(exchange)
            if row not in table:
                file = self._table_file(exchange)
                write_atomically(file, json.dumps([row, *table]))

    def _table_file(self, exchange: str) -> Path:
        # It refuses names that lead out of the folder; the stubs do not know it.
        return Path(self._exchange_file(exchange))  # type: ignore[attr-defined]

    @contextmanager
    def _locked_control(self) -> Iterator[None]:
        folder = Path(self.control_folder)
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "bind.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


class Transport(filesystem.Transport):
    Channel = Channel
