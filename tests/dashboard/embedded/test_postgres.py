"""The embedded PostgreSQL: made, found, recovered, and stopped with its last user."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator

import psutil
import psycopg
import pytest
from django.db import OperationalError, connection

from dashboard.embedded import EmbeddedError, account, keeper, sockets
from dashboard.embedded.engine.base import DatabaseWrapper
from dashboard.embedded.postgres import (
    DATABASE,
    ROLE,
    SOCKET_NAME,
    Cluster,
    _user_name,
)
from tests.services import ROOT, wait_for

FAST = {"fsync": "off", "shared_buffers": "16MB"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path_factory.mktemp("made") / "postgres", FAST)
    cluster.start()
    yield cluster
    cluster.stop()


@pytest.fixture
def cluster(made: Cluster) -> Cluster:
    """A running server, whatever the test before did to it."""
    made.start()
    return made


def answer(cluster: Cluster, sql: str) -> object:
    with psycopg.connect(
        host=str(cluster.socket_folder), user=ROLE, dbname=DATABASE
    ) as connection:
        row = connection.execute(sql).fetchone()  # type: ignore[arg-type]
        return row and row[0]


def test_search_ignores_the_case_of_letters_beyond_ascii(cluster):
    assert answer(cluster, "SELECT 'ÄÖÉ' ILIKE 'äöé'") is True


def test_the_server_listens_on_no_network_port(cluster):
    assert answer(cluster, "SHOW listen_addresses") == ""
    mode = cluster.socket_folder.stat().st_mode
    assert mode & 0o077 == 0


def test_only_the_user_who_runs_passline_may_log_in(cluster):
    rules = (cluster.data / "pg_hba.conf").read_text().split("\n")
    assert rules == ["local all all peer map=passline", ""]
    assert answer(cluster, "SELECT split_part(system_user, ':', 1)") == "peer"


def test_the_server_does_not_run_as_root(cluster):
    process = psutil.Process(cluster.running_pid())
    assert process.uids().real == account.server_uid() != 0


def test_a_second_start_leaves_the_running_server_alone(cluster):
    pid = cluster.running_pid()
    cluster.start()
    assert cluster.running_pid() == pid


def test_data_outlives_a_killed_server(cluster):
    with psycopg.connect(
        host=str(cluster.socket_folder), user=ROLE, dbname=DATABASE
    ) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept AS SELECT 42 AS number")
    pid = cluster.running_pid()
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: cluster.running_pid() is None, "the server to die")
    cluster.start()
    assert cluster.running_pid() != pid
    assert answer(cluster, "SELECT number FROM kept") == 42


def test_a_pid_file_that_names_another_program_is_not_believed(cluster):
    cluster.stop()
    (cluster.data / "postmaster.pid").write_text(f"{os.getpid()}\n{cluster.data}\n")
    lock = cluster.socket_folder / ".s.PGSQL.5432.lock"
    lock.write_text(f"{os.getpid()}\n")
    assert cluster.running_pid() is None
    cluster.start()
    assert answer(cluster, "SELECT 1") == 1


def test_a_stopped_server_can_be_stopped_again(cluster):
    cluster.stop()
    cluster.stop()
    assert cluster.running_pid() is None


def test_the_cluster_of_another_version_is_refused_with_a_sentence(cluster):
    cluster.stop()
    version = cluster.data / "PG_VERSION"
    version.write_text("17\n")
    with pytest.raises(EmbeddedError, match=r"made by PostgreSQL 17, this is .* 18"):
        cluster.start()
    version.write_text("18\n")


def test_django_believes_no_stranger_who_listens_in_its_place(tmp_path):
    # One of its own: this process counts among its users until it ends.
    cluster = Cluster(tmp_path / "postgres", FAST)
    cluster.make_folder()
    cluster.socket_folder.symlink_to(tmp_path)
    own = {"HOST": str(cluster.socket_folder), "CLUSTER": cluster.folder}
    with pytest.raises(OperationalError, match="belongs to somebody else"):
        DatabaseWrapper({**connection.settings_dict, **own}).get_new_connection({})


def test_a_socket_that_somebody_else_placed_is_refused(cluster, tmp_path):
    cluster.stop()
    aside = tmp_path / "aside"
    cluster.socket_folder.rename(aside)
    cluster.socket_folder.symlink_to(tmp_path)
    try:
        with pytest.raises(EmbeddedError, match="belongs to somebody else"):
            cluster.start()
    finally:
        cluster.socket_folder.unlink()
        aside.rename(cluster.socket_folder)


def test_a_long_temporary_folder_leaves_the_socket_where_it_can_be_reached(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / ("long" * 30)))
    folder = Cluster(tmp_path / ("long" * 30)).socket_folder
    assert len(os.fsencode(folder / SOCKET_NAME)) <= sockets.PATH_MAX


def test_a_user_without_a_name_is_told_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "getuid", lambda: 4_000_000)
    with pytest.raises(EmbeddedError, match="user id 4000000 has no name"):
        _user_name()


def test_the_server_gives_way_where_the_process_it_works_for_does(cluster, monkeypatch):
    # Else this process would count among its users until it ends.
    monkeypatch.setattr(keeper, "hold", lambda _: None)
    own = {"HOST": str(cluster.socket_folder), "CLUSTER": cluster.folder}
    engine = DatabaseWrapper({**connection.settings_dict, **own})
    of_cluster = {"host": own["HOST"], "user": ROLE, "dbname": DATABASE}
    backends = []
    for niceness in (0, 4):
        monkeypatch.setattr(os, "getpriority", lambda *_, own=niceness: own)
        with engine.get_new_connection(of_cluster) as working_for_us:
            pid = working_for_us.info.backend_pid
            backends.append(psutil.Process(pid).nice())
    assert backends[1] - backends[0] == 4


def test_a_half_made_cluster_and_a_long_path_are_no_hindrance(tmp_path):
    folder = tmp_path / ("long" * 30) / "postgres"
    (folder / "data.new").mkdir(parents=True)
    (folder / "data.new" / "PG_VERSION").write_text("18\n")
    cluster = Cluster(folder, FAST)
    cluster.start()
    try:
        assert answer(cluster, "SELECT 1") == 1
        assert len(os.fsencode(cluster.socket_folder)) < sockets.PATH_MAX
    finally:
        cluster.stop()
        shutil.rmtree(cluster.socket_folder)


def test_closed_folders_above_the_data_stay_closed(tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    cluster = Cluster(closed / "postgres", FAST)
    cluster.start()
    try:
        assert answer(cluster, "SELECT 1") == 1
        assert closed.stat().st_mode & 0o777 == 0o700
    finally:
        cluster.stop()


# --- Its users and its keeper ---------------------------------------------------


def user_of(cluster: Cluster) -> subprocess.Popen[str]:
    """A process that uses the server until it is ended or killed."""
    program = (
        "import sys, pathlib; from dashboard.embedded import keeper, postgres;"
        "keeper.start(postgres.Cluster(pathlib.Path(sys.argv[1])));"
        "print('ready', flush=True); sys.stdin.read()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(cluster.folder)],
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


def test_the_server_stops_when_its_last_user_is_killed_and_not_before(cluster):
    cluster.stop()
    first, second = user_of(cluster), user_of(cluster)
    ended(first)
    assert answer(cluster, "SELECT 1") == 1
    ended(second)
    wait_for(lambda: cluster.running_pid() is None, "the keeper to stop the server")


def test_a_user_that_comes_while_the_server_stops_waits_and_starts_it_anew(cluster):
    cluster.stop()
    ended(user_of(cluster))
    late = user_of(cluster)
    assert answer(cluster, "SELECT 1") == 1
    ended(late)
    wait_for(lambda: cluster.running_pid() is None, "the keeper to stop the server")
