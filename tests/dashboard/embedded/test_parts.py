"""Small parts of the embedded mode: secrets, the first user's link, assets, restarts."""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.contrib.staticfiles import finders

from dashboard import first_user
from dashboard.embedded import EmbeddedError, assets, packed, site, statics
from dashboard.embedded.keyfiles import read_or_create
from dashboard.embedded.supervisor import Service, Supervisor
from tests.services import ROOT, wait_for


def test_two_processes_that_start_at_once_agree_on_one_secret(tmp_path):
    file = tmp_path / "deep" / "secret"
    seen: list[str] = []

    def start(number: int) -> None:
        def make() -> str:
            time.sleep(0.05)
            return f"secret {number}"

        seen.append(read_or_create(file, make))

    threads = [threading.Thread(target=start, args=[n]) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 4
    assert len(set(seen)) == 1
    assert file.stat().st_mode & 0o777 == 0o600
    assert [p.name for p in file.parent.iterdir()] == ["secret"]


# --- The first user -------------------------------------------------------------


@pytest.fixture
def _own_folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path


@pytest.mark.django_db
@pytest.mark.usefixtures("_own_folder")
def test_the_link_stays_the_same_until_it_is_used():
    link = first_user.setup_link("127.0.0.1", 8000)
    assert link == first_user.setup_link("127.0.0.1", 8000)
    token = link.partition("token=")[2]
    assert first_user.is_valid(token)
    assert not first_user.is_valid(token + "x")
    assert not first_user.is_valid("")
    first_user.consume()
    assert not first_user.is_valid(token)


@pytest.mark.django_db
@pytest.mark.usefixtures("_own_folder")
def test_the_link_is_worthless_once_there_is_a_user():
    link = first_user.setup_link("127.0.0.1", 8000)
    get_user_model().objects.create_user("ada")
    assert not first_user.is_valid(link.partition("token=")[2])
    assert first_user.setup_link("127.0.0.1", 8000) is None


# --- What earlier versions left -------------------------------------------------


def test_a_queue_made_of_files_is_removed_and_nothing_else(tmp_path):
    queue = tmp_path / "broker"
    for name in ("messages/1_a.passline.msg", "control/passline.exchange"):
        (queue / name).parent.mkdir(parents=True)
        (queue / name).write_text("{}")
    (queue / "mine.txt").write_text("years of work")
    site.forget_file_queue(queue)
    assert [path.name for path in queue.rglob("*")] == ["mine.txt"]
    (queue / "mine.txt").unlink()
    site.forget_file_queue(queue)
    site.forget_file_queue(queue)
    assert not queue.exists()


# --- Assets ---------------------------------------------------------------------


def npm_that(does: str, folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Put a program called npm first on the PATH."""
    npm = folder / "npm"
    npm.write_text(f"#!/bin/sh\n{does}\n")
    npm.chmod(0o755)
    patch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def with_fonts(root: Path) -> None:
    """What pictures are written with, as npm has brought it."""
    for source in assets.DRAWN.values():
        path = root / "node_modules" / source
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(ROOT / "node_modules" / source)


def test_assets_are_installed_only_when_the_lock_file_changed(tmp_path, monkeypatch):
    sources = " ".join(f"node_modules/{name}" for name in assets.FILES.values())
    does = f'for f in {sources}; do mkdir -p $(dirname $f); echo "$*" > $f; done'
    npm_that(does, tmp_path, monkeypatch)
    with_fonts(tmp_path)
    lock = tmp_path / "package-lock.json"
    lock.write_text("{}")
    assert assets.install(tmp_path) is True
    assert assets.install(tmp_path) is False
    lock.write_text("{ }")
    assert assets.install(tmp_path) is True
    vendor = tmp_path / "static" / "vendor"
    for name in assets.FILES:
        assert (vendor / name).read_text().startswith("ci --ignore-scripts")
    for name in assets.DRAWN:
        assert (vendor / ".fonts" / name).read_bytes().startswith(b"\0\1\0\0")


def test_a_script_names_no_source_map_which_is_not_served(tmp_path):
    for number, source in enumerate(assets.FILES.values()):
        path = tmp_path / "node_modules" / source
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"it({number})\n//# sourceMappingURL=it.js.map\n")
    with_fonts(tmp_path)
    assets.place(tmp_path)
    for number, name in enumerate(assets.FILES):
        placed = (tmp_path / "static" / "vendor" / name).read_text()
        assert placed == f"it({number})"


def test_a_missing_npm_is_told_with_what_to_do(tmp_path, monkeypatch):
    shutil.copy(ROOT / "package-lock.json", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(EmbeddedError, match="npm was not found. Install Node.js"):
        assets.install(tmp_path)


def test_a_failing_npm_is_told_with_its_own_words(tmp_path, monkeypatch):
    shutil.copy(ROOT / "package-lock.json", tmp_path)
    npm_that("echo 'no space left' >&2; exit 3", tmp_path, monkeypatch)
    with pytest.raises(EmbeddedError, match="'npm ci' failed:\nno space left"):
        assets.install(tmp_path)


# --- Restarts -------------------------------------------------------------------


def test_a_service_that_keeps_dying_is_restarted_with_growing_pauses(caplog):
    parent = Supervisor(os.environ)
    # `this` prints and ends at once.
    parent.start(Service("brief", ["this"], read=lambda line: None))

    def tick() -> None:
        if len(caplog.records) == 3:
            parent.stopping = True

    parent.run(tick)
    said = [r.getMessage() for r in caplog.records]
    assert [s.rpartition("in ")[2] for s in said] == ["1 s", "2 s", "4 s"]
    assert said[0].startswith("brief ended (exit code 0)")


def test_what_a_service_prints_is_read_after_a_restart_too():
    lines: list[bytes] = []
    parent = Supervisor(os.environ)
    parent.start(Service("brief", ["this"], read=lines.append))
    parent._look_after(parent.services[0])
    wait_for(lambda: lines, "the first output")
    parent.stop()
    assert lines[0].startswith(b"The Zen of Python")


def test_a_service_may_give_way_to_the_others():
    parent = Supervisor(os.environ)
    idle = ["http.server", "--bind=127.0.0.1", "0"]
    parent.start(Service("quick", idle))
    parent.start(Service("patient", idle, niceness=3))
    try:
        quick, patient = (
            os.getpriority(os.PRIO_PROCESS, one.process.pid)
            for one in parent.services
            if one.process
        )
    finally:
        parent.stop()
    assert patient == min(quick + 3, 19)


# --- Static files ---------------------------------------------------------------


@pytest.fixture
def static_source(settings, tmp_path) -> Iterator[Path]:
    """A folder of static files, the only one: those of packages take seconds."""
    settings.STATICFILES_FINDERS = [
        "django.contrib.staticfiles.finders.FileSystemFinder"
    ]
    settings.STATICFILES_DIRS = [tmp_path / "static"]
    settings.STATIC_ROOT = tmp_path / "served"
    (tmp_path / "static").mkdir()
    finders.get_finder.cache_clear()
    yield tmp_path / "static"
    finders.get_finder.cache_clear()


def test_static_files_are_collected_once_and_again_after_a_change(
    settings, static_source
):
    script = static_source / "a.js"
    script.write_text("1;")
    assert statics.collect() is True
    assert statics.collect() is False
    script.write_text("22;")
    assert statics.collect() is True
    hashed = list(settings.STATIC_ROOT.glob("a.*.js"))
    assert [p.read_text() for p in hashed] == ["22;"]


def test_a_script_that_was_packed_when_installed_is_served_as_it_was_packed(
    settings, static_source, tmp_path
):
    settings.BASE_DIR = tmp_path
    (static_source / "vendor").mkdir()
    script = b"one, two, three;" * 99
    (static_source / "a.js").write_bytes(script)
    packed.pack(tmp_path, script)
    (kept,) = (tmp_path / packed.FOLDER).iterdir()
    kept.write_bytes(b"the packed one")
    statics.collect()
    (served,) = settings.STATIC_ROOT.glob("a.*.js.br")
    assert served.read_bytes() == b"the packed one"


def test_collecting_empties_no_folder_that_others_filled(settings, static_source):
    settings.STATIC_ROOT.mkdir()
    (settings.STATIC_ROOT / "thesis.txt").write_text("years of work")
    statics.collect()
    assert (settings.STATIC_ROOT / "thesis.txt").is_file()
