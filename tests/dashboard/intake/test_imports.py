"""Files imported from the command line, in real processes where it matters."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ingest.models import Project, Result, Run
from tests.ingest import manage
from tests.ingest.intake.reports import (
    case,
    ctrf_report,
    ctrf_test,
    large_ctrf,
    large_junit,
    suite,
)
from tests.ingest.test_memory import most_memory_mb

pytestmark = pytest.mark.django_db(transaction=True)
LIMIT_MB = 300


@pytest.fixture
def report(tmp_path: Path) -> Path:
    path = tmp_path / "out.xml"
    path.write_text(suite(case("pays"), case("ships", "<failure/>")))
    return path


def test_a_file_becomes_a_run_of_a_new_project(
    report: Path, capsys: pytest.CaptureFixture[str]
):
    words = ["--project", "  Shop ", "--run", "Nightly", "--branch", "main"]
    ended = manage.run(capsys, "import_junit", str(report), *words)
    assert ended.code == 0, ended.err
    run = Run.objects.get()
    assert ended.out == f"/runs/{run.pk}/\n"
    assert (run.project.name, run.name, run.branch) == ("Shop", "Nightly", "main")
    again = manage.run(capsys, "import_junit", str(report), *words)
    assert again.out == ended.out
    assert (Run.objects.count(), Result.objects.count()) == (1, 2)


def test_the_address_begins_with_the_site_where_it_is_known(
    report: Path, capsys: pytest.CaptureFixture[str], settings
):
    settings.CSRF_TRUSTED_ORIGINS = ["https://passline.example"]
    ended = manage.run(capsys, "import_junit", str(report), "--project", "2026")
    assert ended.out.startswith("https://passline.example/runs/")
    assert Project.objects.get().name == "2026"


def test_several_files_of_a_commit_are_one_run(
    report: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    other = tmp_path / "other.xml"
    other.write_text(suite(case("returns")))
    words = ["--project", "Shop", "--run", "Nightly", "--commit", "abc"]
    ended = manage.run(capsys, "import_junit", str(report), str(other), *words)
    assert len(set(ended.out.splitlines())) == 1
    assert Run.objects.get().thread_count == 2


def test_a_ctrf_report_is_imported(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = tmp_path / "ctrf.json"
    path.write_text(json.dumps(ctrf_report(ctrf_test("pays", flaky=True))))
    ended = manage.run(capsys, "import_ctrf", str(path), "--project", "Shop")
    assert ended.code == 0, ended.err
    assert Run.objects.get().name == "playwright"
    assert Result.objects.count() == 2


@pytest.mark.parametrize("content", ["<testsuite>", "hello", None])
def test_a_broken_file_is_one_sentence_and_exit_code_2(
    content: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    path = tmp_path / "out.xml"
    if content is not None:
        path.write_text(content)
    ended = manage.run(capsys, "import_junit", str(path), "--project", "Shop")
    assert ended.code == 2
    assert ended.out == ""
    assert str(path) in ended.err
    assert len(ended.err.strip().splitlines()) == 1
    assert not Run.objects.exists()
    assert not Project.objects.exists()


@pytest.mark.parametrize(
    ("command", "make"), [("import_junit", large_junit), ("import_ctrf", large_ctrf)]
)
def test_a_file_of_60_mb_is_stored_in_little_memory(command: str, make, tmp_path: Path):
    path, number = tmp_path / "large", 12_000
    with path.open("wb") as file:
        for piece in make(number, letters=50_000):
            file.write(piece)
    assert path.stat().st_size > 60_000_000
    said, complained = tmp_path / "said", tmp_path / "complained"
    with said.open("w") as out, complained.open("w") as err:
        process = manage.start(
            command, str(path), "--project", "Large", stdout=out, stderr=err
        )
        peak_mb = most_memory_mb(process)
    assert process.returncode == 0, complained.read_text()
    assert Result.objects.count() == number
    assert peak_mb < LIMIT_MB
