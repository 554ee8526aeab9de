"""`manage.py` as a person runs it: in this process, or in one of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.core.management import execute_from_command_line
from django.db import connection, connections

from dashboard.embedded.lifeline import die_with_parent
from tests.services import ROOT


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str


def run(capsys: pytest.CaptureFixture[str], *words: str) -> Ended:
    """A command in this process, so that a faked clock holds for it too."""
    capsys.readouterr()
    code = 0
    with pytest.MonkeyPatch.context() as patch:
        # At its end a process lets go of the database; the test goes on with it.
        patch.setattr(connections, "close_all", lambda: None)
        try:
            execute_from_command_line(["manage.py", *words])
        except SystemExit as ended:
            code = int(ended.code or 0)
    said = capsys.readouterr()
    return Ended(code, said.out, said.err)


def start(
    *words: str, environment: dict[str, str] | None = None, **options: Any
) -> Any:
    """A real process of `manage.py`, on the test's database unless told otherwise."""
    return subprocess.Popen(
        [sys.executable, "manage.py", *words],
        cwd=ROOT,
        env=environment or on_test_database(),
        text=True,
        preexec_fn=_as_in_a_terminal,
        **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options},
    )


def _as_in_a_terminal() -> None:
    """Ctrl-C counts, even where the tests themselves run in the background of a shell,
    which has its children ignore it.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    die_with_parent()


def on_test_database(**more: str) -> dict[str, str]:
    url = urlsplit(os.environ["DATABASE_URL"])
    path = f"/{connection.settings_dict['NAME']}"
    return {
        **os.environ,
        "DATABASE_URL": urlunsplit(url._replace(path=path)),
        "ALLOW_PRIVATE_VENDOR_URLS": "on",
        "PYTHONUNBUFFERED": "",
        **more,
    }
