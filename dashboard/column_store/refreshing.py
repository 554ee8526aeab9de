"""Files of the copy written before anybody waits for them, by one process of a machine."""

from __future__ import annotations

import ctypes
import fcntl
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from threading import Thread

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone

from dashboard.column_store.months import let_all_go, remove_gone, results_touching
from dashboard.filters import Window
from ingest.models import Project

logger = logging.getLogger(__name__)
EVERY_S = 15
# The longest of the usual windows and the one before it.
REACH = timedelta(days=180)


def start_refreshing() -> None:
    """In a thread of this process, for as long as that lives."""
    Thread(target=_keep_refreshing, name="columns", daemon=True).start()


def refresh() -> None:
    """Write what is missing of the files of the newest months, project by project, and
    remove those that nobody will look at again.
    """
    now = timezone.now()
    window = Window(since=now - REACH, until=now)
    projects = list(Project.objects.order_by("pk").values_list("pk", flat=True))
    for project in projects:
        for _ in results_touching([project], window):
            pass
    remove_gone(projects)


def _keep_refreshing() -> None:
    while True:
        try:
            with _alone() as is_alone:
                if is_alone:
                    refresh()
        except (DatabaseError, OSError) as error:
            logger.warning(
                "the columns of results are not brought up to date: %s", error
            )
        finally:
            connection.close()
            _give_memory_back()
        time.sleep(EVERY_S)


def _give_memory_back() -> None:
    """Of arrays that are gone, and of files; the allocator would keep what a large answer
    took for the next one.
    """
    let_all_go()
    with suppress(AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


@contextmanager
def _alone() -> Iterator[bool]:
    """Whether no other process of this machine does it; the next one does it later."""
    folder = settings.DATA_DIR / "columns"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
