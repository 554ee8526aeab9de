"""A fresh embedded installation with Passline's tables, for one run of the benchmarks."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def fresh_database() -> Iterator[None]:
    """Django set up on an empty database with the settings that people get."""
    with (
        tempfile.TemporaryDirectory(prefix="passline-bench-") as folder,
        database_in(folder),
    ):
        yield


@contextmanager
def database_in(folder: str) -> Iterator[None]:
    """Django set up on the embedded database of a folder, made where there is none."""
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "dashboard.settings",
        "DATA_DIR": folder,
        "DATABASE_URL": "",
        "REDIS_URL": "",
        "ALLOW_PRIVATE_VENDOR_URLS": "on",
    }
    import django
    from django.conf import settings

    django.setup()
    from django.core.management import call_command
    from django.db import connections

    from dashboard.embedded import keeper

    keeper.start(settings.CLUSTER)
    try:
        call_command("migrate", verbosity=0)
        yield
    finally:
        connections.close_all()
        settings.CLUSTER.stop()
        settings.VALKEY.stop()


def scratch_folder() -> Path:
    return Path(os.environ["DATA_DIR"])
