"""`serve` and `demo` as somebody runs them, and what happens when things are killed."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
import redis
from django.core.management import CommandError, call_command

from dashboard import heartbeats
from dashboard.embedded.postgres import Cluster
from dashboard.embedded.valkey import Valkey
from tests.services import ROOT, free_port, wait_for

# The variables that would lead the program to the database and Redis of the tests.
EMBEDDED = {
    **dict.fromkeys(("DATABASE_URL", "REDIS_URL", "SECRET_KEY"), ""),
    **dict.fromkeys(("CREDENTIALS_KEYS", "PUBLIC_READ", "STATIC_ROOT"), ""),
    # As it is delivered, a fault of a page is no reason to stop.
    "DJANGO_SETTINGS_MODULE": "dashboard.settings",
    # Of a PostgreSQL that this person has elsewhere.
    "PGPORT": "1",
    "WEB_CONCURRENCY": "",
}


class Site:
    """Passline in the embedded mode, run as a command of its own."""

    def __init__(self, data_dir: Path, *words: str, **variables: str) -> None:
        self.data_dir, self.port = data_dir, free_port()
        self.log = data_dir / "output.log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", *words, f"--port={self.port}"],
                cwd=ROOT,
                env={**os.environ, **EMBEDDED, "DATA_DIR": str(data_dir), **variables},
                stdout=log,
                stderr=log,
            )
        try:
            wait_for(lambda: self.says(r"\(ready after"), "the site")
        except BaseException:
            self.process.kill()
            self.process.wait()
            raise

    def says(self, pattern: str) -> re.Match[str] | None:
        assert self.process.poll() is None, self.log.read_text()
        return re.search(pattern, self.log.read_text())

    def status(self, path: str = "healthz") -> int:
        url = f"http://127.0.0.1:{self.port}/{path}"
        try:
            with urllib.request.urlopen(url, timeout=240) as response:
                return int(response.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code

    def warnings(self) -> list[str]:
        url = f"http://127.0.0.1:{self.port}/readyz"
        with urllib.request.urlopen(url, timeout=240) as response:
            checks = json.load(response)["checks"]
        return [name for name, state in checks.items() if state != "ok"]

    def child(self, word: str) -> psutil.Process:
        found = [p for p in self.children() if word in p.cmdline()]
        assert len(found) == 1, (word, self.log.read_text())
        return found[0]

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children()

    @property
    def cluster(self) -> Cluster:
        return Cluster(self.data_dir / "postgres")

    @property
    def valkey(self) -> Valkey:
        return Valkey(self.data_dir / "valkey")

    def everything(self) -> list[psutil.Process]:
        """Every process that belongs to this site, the servers' among them."""
        servers = [self.cluster.running_pid(), self.valkey.running_pid()]
        me = psutil.Process(self.process.pid)
        return [
            me,
            *me.children(recursive=True),
            *(psutil.Process(pid) for pid in servers),
        ]

    def end(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        code = int(self.process.wait(240))
        wait_for(lambda: self.cluster.running_pid() is None, "PostgreSQL to stop")
        wait_for(lambda: self.valkey.running_pid() is None, "Valkey to stop")
        return code


@pytest.fixture(scope="module")
def data_dir(two_lives: TwoLives) -> Path:
    """One for all tests here: a first start takes longer than any later one."""
    return two_lives.folder


@pytest.fixture
def site(data_dir: Path) -> Iterator[Site]:
    site = Site(data_dir, "serve")
    yield site
    site.end()


def all_gone(processes: list[psutil.Process]) -> bool:
    return not any(
        p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in processes
    )


def test_dead_services_are_replaced_while_the_site_goes_on(site):
    words = {"worker": "--concurrency=2", "courier": "--queues=quick", "beat": "beat"}
    for name, word in words.items():
        first = site.child(word)
        pool = first.children()
        first.kill()
        wait_for(lambda name=name: site.says(f"{name} ended \\(SIGKILL\\)"), name)
        wait_for(lambda pool=pool: all_gone(pool), "the pool of the killed worker")
        wait_for(
            lambda word=word: any(word in p.cmdline() for p in site.children()),
            f"a new {name}",
        )
    os.kill(site.cluster.running_pid(), signal.SIGKILL)
    assert site.status() == 200
    killed = site.valkey.running_pid()
    os.kill(killed, signal.SIGKILL)
    wait_for(lambda: site.valkey.running_pid() not in (None, killed), "a new Valkey")
    wait_for(
        lambda: queue_is_read(site.valkey), "the worker to wait for messages again"
    )
    assert site.status() == 200
    said = [site.log.read_text(), *(str(p.cmdline()) for p in site.everything())]
    assert [text for text in said if site.valkey.password in text] == []


def client(server: Valkey) -> redis.Redis:
    path = str(server.socket_path)
    return redis.Redis(unix_socket_path=path, password=server.password)


def queue_is_read(server: Valkey) -> bool:
    with client(server) as known:
        return any(other["cmd"] == "brpop" for other in known.client_list())


SECRETS = ("secret_key", "credentials_keys", "setup_token")


@dataclass
class Life:
    """What was to be seen of a site from its start to its end."""

    secrets: dict[str, str]
    secrets_modes: list[int]
    setup_token: str
    cluster: tuple[int, int]
    processes: list[psutil.Process]


def life_of(site: Site) -> Life:
    files = [site.data_dir / name for name in SECRETS]
    link = site.says(r"http://127.0.0.1:\d+/setup/\?token=(\S+)")
    made = (site.cluster.data / "PG_VERSION").stat()
    return Life(
        secrets=secrets_in(site.data_dir),
        secrets_modes=[file.stat().st_mode & 0o777 for file in files],
        setup_token=link[1] if link else "",
        cluster=(made.st_ino, made.st_mtime_ns),
        processes=site.everything(),
    )


def secrets_in(folder: Path) -> dict[str, str]:
    return {name: (folder / name).read_text() for name in SECRETS}


@dataclass
class TwoLives:
    """A site that was killed, and the same one started again and ended with Ctrl-C."""

    folder: Path
    first: Life
    second: Life
    exit_code: int
    secrets_left: dict[str, str]
    written: set[str]
    found_open: dict[str, str]
    mode_above: tuple[int, int]


@pytest.fixture(scope="module")
def two_lives(tmp_path_factory: pytest.TempPathFactory) -> TwoLives:
    folder = tmp_path_factory.mktemp("two_lives")
    first_site = Site(folder, "serve")
    first = life_of(first_site)
    first_site.process.kill()
    first_site.process.wait()
    wait_for(lambda: all_gone(first.processes), "every child to end")
    leave_open(folder)
    above = folder.parent.stat().st_mode
    site = Site(folder, "serve")
    try:
        for name in ("worker", "courier", "beat"):
            wait_for(lambda name=name: heartbeats.is_alive(name, folder), name)
        wait_for(lambda: not site.warnings(), "the signs of worker and beat")
        second, written = life_of(site), {path.name for path in folder.rglob("*")}
        found_open = open_to_others(folder)
    finally:
        exit_code = site.end()
    wait_for(lambda: all_gone(second.processes), "every child to end")
    # The test made it.
    del found_open[str(site.log)]
    return TwoLives(
        folder,
        first,
        second,
        exit_code,
        secrets_in(folder),
        written,
        found_open,
        (above, folder.parent.stat().st_mode),
    )


def leave_open(folder: Path) -> None:
    """As an earlier version left its files."""
    folder.chmod(0o755)
    earlier = folder / "heartbeats" / "earlier"
    earlier.parent.mkdir(exist_ok=True)
    earlier.touch()
    earlier.chmod(0o644)
    queued = folder / "broker" / "messages" / "1_a.passline.msg"
    queued.parent.mkdir(parents=True)
    queued.touch()


def open_to_others(folder: Path) -> dict[str, str]:
    """What more than the owner may do something with, by path."""
    paths = [folder, *folder.rglob("*")]
    modes = {str(path): path.lstat().st_mode & 0o077 for path in paths}
    return {path: oct(mode) for path, mode in modes.items() if mode}


def test_nothing_outlives_a_killed_parent_and_the_next_start_keeps_the_data(two_lives):
    assert len(two_lives.first.processes) >= 7
    assert all_gone(two_lives.first.processes)
    assert two_lives.second.cluster == two_lives.first.cluster


def test_ctrl_c_ends_everything_with_exit_code_0(two_lives):
    assert two_lives.exit_code == 0
    assert len(two_lives.second.processes) >= 7
    assert all_gone(two_lives.second.processes)


def test_secrets_stay_the_same_and_only_their_owner_may_read_them(two_lives):
    first, second = two_lives.first, two_lives.second
    assert first.secrets_modes == second.secrets_modes == [0o600] * 3
    assert first.setup_token
    assert first.setup_token == first.secrets["setup_token"].strip()
    # Neither a start nor a kill nor an end changes them.
    assert first.secrets == second.secrets == two_lives.secrets_left


def test_nothing_that_is_written_is_open_to_others(two_lives):
    assert "broker" not in two_lives.written
    made = {"static", "secret_key", ".s.PGSQL.5432", "valkey.sock"}
    assert made <= two_lives.written
    # Root lets the server's account pass through the others.
    folder = two_lives.folder
    passed = {str(folder): "0o10", str(folder / "postgres"): "0o10"}
    assert two_lives.found_open == (passed if os.getuid() == 0 else {})
    assert two_lives.mode_above[0] == two_lives.mode_above[1]


def test_a_folder_that_is_everybodys_is_refused(tmp_path):
    tmp_path.chmod(0o1777)
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env={**os.environ, **EMBEDDED, "DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode
    assert f"{tmp_path} is everybody's" in done.stderr
    assert tmp_path.stat().st_mode & 0o7777 == 0o1777


def test_web_only_starts_web_processes_alone_which_share_one_cache(data_dir):
    site = Site(data_dir, "serve", "--web-only", WEB_CONCURRENCY="2", PUBLIC_READ="on")
    try:
        commands = [" ".join(p.cmdline()) for p in site.children()]
        assert not any("celery" in c for c in commands)
        first, second = site.child("gunicorn").children()
        for other in (first, second):
            other.suspend()
            assert site.status("api/v1/runs/") == 200
            other.resume()
        with client(site.valkey) as known:
            (key,) = known.keys("*throttle*")
            assert json.loads(known.get(key)) == 2
        assert site.status() == 200
    finally:
        assert site.end() == 0


def test_a_command_starts_the_database_that_it_needs_and_leaves_none_running(data_dir):
    done = subprocess.run(
        [sys.executable, "manage.py", "migrate", "--check"],
        cwd=ROOT,
        env={**os.environ, **EMBEDDED, "DATA_DIR": str(data_dir)},
        capture_output=True,
        text=True,
    )
    assert "Traceback" not in done.stderr
    cluster = Cluster(data_dir / "postgres")
    wait_for(lambda: cluster.running_pid() is None, "PostgreSQL to stop")


def test_a_port_in_use_is_refused_with_a_sentence():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CommandError, match=f"port {port}: Address already in use"):
            call_command("serve", port=port)


def told(data_dir: Path, code: str) -> str:
    """What a line of Python says in the installation of this folder."""
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "--no-imports", "-c", code],
        cwd=ROOT,
        env={**os.environ, **EMBEDDED, "DATA_DIR": str(data_dir)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_the_demo_syncs_five_tools_and_greets_when_fresh_at_a_second_start(tmp_path):
    """One demo for both: a first import is what takes the time."""
    site = Site(tmp_path, "demo", "--runs=12")
    try:
        wait_for(lambda: site.says("All five are synced"), "all five")
        log = site.log.read_text()
        for label in ("Testmo", "Testomat.io", "Testably", "QA.tech", "Testifly"):
            assert f"Connected {label}." in log
        password = (tmp_path / "demo_password").read_text().strip()
        assert f"log in as demo with {password}" in log
        assert (tmp_path / "demo_password").stat().st_mode & 0o777 == 0o600
        # As if half an hour had passed, so that each connection is due at once.
        told(
            tmp_path,
            "from datetime import timedelta as t; from django.db.models import F; "
            "from ingest.models import Connection as C, Project as P; "
            "C.objects.update(next_sync_at=F('last_success_at') - t(minutes=30), "
            "last_success_at=F('last_success_at') - t(minutes=30)); "
            "P.objects.update(last_success_at=F('last_success_at') - t(minutes=30))",
        )
    finally:
        assert site.end() == 0
    site = Site(tmp_path, "demo", "--runs=12")
    try:
        log = site.log.read_text()
        assert log.index("All five are synced") < log.index("log in as demo")
        errors = told(
            tmp_path,
            "from ingest.models import Sync; "
            "print(Sync.objects.exclude(error='').count())",
        )
        assert errors == "0"
    finally:
        assert site.end() == 0


def test_the_demo_never_writes_into_a_database_that_somebody_chose():
    with pytest.raises(CommandError, match="Unset DATABASE_URL"):
        call_command("demo")
