"""Passline with five simulated vendors and a year of sample history."""

from __future__ import annotations

import queue
import secrets
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from dashboard.addresses import site_root
from dashboard.embedded import EmbeddedError, samples, site
from dashboard.embedded.keyfiles import read_or_create
from ingest.contract import VendorError

USER = "demo"
# For vendors that do not come up at all.
LONGEST_WAIT_S = 60.0


class Command(BaseCommand):
    help = "Serve Passline with sample data from five simulated vendors."
    connected = 0
    has_beat = False
    # Django's checks load all pages and the API, which only the web server needs.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument(
            "--runs",
            type=int,
            default=1500,
            help="about how many runs the year of sample history has",
        )

    def handle(self, *, host: str, port: int, runs: int, **_: Any) -> None:
        if not settings.EMBEDDED:
            raise CommandError(
                "The demo makes up data, so it runs on its own database only. "
                "Unset DATABASE_URL."
            )
        try:
            self._run(host, port, runs)
        except EmbeddedError as error:
            raise CommandError(str(error)) from error

    def _run(self, host: str, port: int, runs: int) -> None:
        site.check_port(host, port)
        progress = samples.Progress(self.say)
        site.prepare()
        password = demo_password()
        parent = site.supervisor({"PUBLIC_READ": "on"})
        folder = Path(settings.DATA_DIR) / "demo"
        announced = samples.start_simulators(parent, folder, runs)
        # The vendors take a while to come up: until then nothing is due. Whoever starts a
        # demo waits for its syncs.
        site.start_services(parent, host, port, has_beat=False, worker_niceness=0)
        is_fresh = not samples.is_second_start()
        address = f"http://{site.reachable(host)}:{port}{site_root()}"
        message = f"Passline: {address}  log in as {USER} with {password}"
        ready = site.Readiness(host, port, self.say, message)
        self.say("Starting. The sample history is made first, then synced.")

        def tick() -> None:
            is_late = time.monotonic() - progress.started > LONGEST_WAIT_S
            # Old numbers are no welcome, where new ones come in a moment.
            if is_fresh or is_late or progress.is_synced:
                ready.look()
            self._connect(announced, progress)
            if not self.has_beat and (is_late or progress.expected is not None):
                self.has_beat = True
                site.start_beat(parent)
            progress.look()

        parent.run(tick)

    def _connect(
        self,
        announced: queue.SimpleQueue[dict[str, Any]],
        progress: samples.Progress,
    ) -> None:
        if announced.empty():
            return
        announcement = announced.get()
        if "vendor" not in announcement:
            progress.expected = self.connected
            return
        try:
            connection = samples.connect(announcement)
        except VendorError as error:
            self.say(f"{announcement['name']} cannot be connected: {error}")
        else:
            self.connected += 1
            self.say(f"Connected {connection.name}.")

    def say(self, text: str) -> None:
        self.stdout.write(f"{time.strftime('%H:%M:%S')}  {text}")
        self.stdout.flush()


def demo_password() -> str:
    """The demo user's password: made once, kept in a file that only we can read."""
    file = Path(settings.DATA_DIR) / "demo_password"
    password = read_or_create(file, lambda: secrets.token_urlsafe(9))
    user, _ = get_user_model().objects.get_or_create(
        username=USER, defaults={"is_staff": True, "is_superuser": True}
    )
    if not user.check_password(password):
        user.set_password(password)
        user.save()
    return password
