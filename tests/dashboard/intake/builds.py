"""Passline as builds reach it, with hosts for the vendors' clients, and their shell."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from django.db import connection

from dashboard.embedded import assets
from tests import clients
from tests.dashboard.intake.tls import TlsFront
from tests.dashboard.slow_clients import WebServer
from tests.services import free_port

REPORT = """<testsuites><testsuite name="cart">
  <testcase classname="cart" name="adds" time="0.5"/>
  <testcase classname="cart" name="pays"><failure message="expected 3, got 4"/></testcase>
</testsuite></testsuites>"""


class Site:
    """A web server with a host for Testmo's client, over TLS, and its own for Testomat.io's."""

    def __init__(self, folder: Path) -> None:
        port = free_port()
        self.front = TlsFront(folder)
        self.testmo_host = f"127.0.0.1:{self.front.port}"
        self.testomatio_host = f"127.0.0.1:{port}"
        self.server = WebServer(
            str(connection.settings_dict["NAME"]),
            folder,
            port=port,
            INTAKE_TESTMO_HOST=self.testmo_host,
            INTAKE_TESTOMATIO_HOST=self.testomatio_host,
        )
        self.front.start(self.server.port)
        self.address = f"http://127.0.0.1:{port}{os.environ['FORCE_SCRIPT_NAME']}"

    def stop(self) -> None:
        self.front.stop()
        self.server.stop()


def run_in_shell(
    site: Site, folder: Path, shell: list[str], command: str, **environment: str
) -> str:
    """What the command printed, in a folder with the vendors' clients installed."""
    clients.install()
    link = folder / "node_modules"
    if not link.exists():
        link.symlink_to(clients.FOLDER / "node_modules")
    done = subprocess.run(
        [*shell, command],
        cwd=folder,
        env={
            "PATH": assets.search_path(),
            "HOME": str(folder),
            "NODE_EXTRA_CA_CERTS": str(site.front.certificate),
            "NO_PROXY": "*",
            # Nothing may be fetched: what is installed is what runs.
            "npm_config_offline": "true",
            "npm_config_cache": str(folder / "npm"),
            "npm_config_update_notifier": "false",
        }
        | {k: v for k, v in os.environ.items() if k.startswith(("LD_", "CLOCK_"))}
        | environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
