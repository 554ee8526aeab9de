"""The examples of docs/api.md, run by a shell and by Python against a served Passline."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from shlex import quote
from textwrap import dedent

import pytest
from django.db import connection

from tests import factories
from tests.dashboard.page_reader import person
from tests.dashboard.slow_clients import WebServer
from tests.ingest.manage import on_test_database
from tests.services import ROOT

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("empty_redis"),
    pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed"),
]
TEXT = (ROOT / "docs/api.md").read_text()
BLOCK = re.compile(r"(?:^(?: {4}.*)?\n)+", re.MULTILINE)


def blocks(heading: str) -> list[str]:
    _, found, rest = TEXT.partition(f"\n## {heading}\n")
    assert found, f"docs/api.md has no section {heading}"
    indented = BLOCK.findall(rest.partition("\n## ")[0] + "\n")
    return [dedent(block) for block in indented if block.strip()]


@pytest.fixture
def server(
    transactional_db: None, redis_server: str, tmp_path: Path
) -> Iterator[WebServer]:
    served = WebServer(str(connection.settings_dict["NAME"]), tmp_path, PUBLIC_READ="")
    yield served
    served.stop()


class Reader:
    """Somebody in a folder of her own, with a token of the address below."""

    def __init__(self, server: WebServer, folder: Path) -> None:
        self.server, self.folder, self.token = server, folder, ""

    def shell(self, text: str) -> str:
        return self._run(["sh", "-ec", self._here(text)])

    def python(self, text: str) -> str:
        return self._run([sys.executable, "-W", "error", "-c", self._here(text)])

    def _here(self, text: str) -> str:
        text = text.replace(
            "https://passline.example.com", f"http://127.0.0.1:{self.server.port}"
        )
        text = text.replace("passline_…", self.token)
        assert "…" not in text
        assert "example" not in text
        return text

    def _run(self, words: list[str]) -> str:
        env = os.environ | on_test_database() | {"PASSLINE_TOKEN": self.token}
        # With more threads pyarrow now and then aborts after the last line was printed:
        # https://github.com/apache/arrow/issues/34314
        env |= {"OMP_NUM_THREADS": "1"}
        done = subprocess.run(
            words, cwd=self.folder, env=env, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


def test_every_example_does_what_it_says(server, tmp_path):
    """One after the other, since most of the time is the start of the server."""
    person("mara")
    run = factories.make_run(branch="main")
    factories.make_results(run, "PPF", message="expected 1")
    reader = Reader(server, tmp_path)

    made, numbers, files, again = blocks("By curl")
    command = made.replace(
        "python manage.py", f"{quote(sys.executable)} {ROOT}/manage.py"
    )
    reader.token = reader.shell(command.replace("USER", "mara")).strip()
    assert reader.token.startswith("passline_")

    summary, explanation = reader.shell(numbers).split("}{", 1)
    assert json.loads(summary + "}")["pass_rate"]["n"] == 3
    assert json.loads("{" + explanation)["used"]["results"] == 3

    reader.shell(files)
    assert (tmp_path / "failures.csv").read_text().count("expected 1") == 1
    assert (tmp_path / "results.parquet").read_bytes().endswith(b"PAR1")

    assert [reader.shell(again).strip() for _ in range(2)] == ["200", "304"]
    assert json.loads((tmp_path / "runs.json").read_text())["count"] == 1

    pages, lines = blocks("By Python")
    assert reader.python(pages) == "1 runs\n"
    assert reader.python(lines) == "{'failed': 1, 'passed': 2}\n" or (
        reader.python(lines) == "{'passed': 2, 'failed': 1}\n"
    )

    results, rates = blocks("By pandas")
    assert re.search(r"failed +1\npassed +2\n", reader.python(results))
    assert "0.666667" in reader.python(rates)


def test_no_section_of_examples_is_left_unread():
    headings = re.findall(r"^## (.+)$", TEXT, re.MULTILINE)
    assert headings == ["By curl", "By Python", "By pandas"]
