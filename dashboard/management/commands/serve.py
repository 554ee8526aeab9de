"""Web server, worker and beat in the foreground."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dashboard import first_user
from dashboard.addresses import site_root
from dashboard.embedded import EmbeddedError, site


class Command(BaseCommand):
    help = "Serve Passline: web server, worker and beat, until Ctrl-C."
    # Django's checks load all pages and the API, which only the web server needs.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument(
            "--web-only",
            action="store_true",
            help="only the web server; worker and beat run elsewhere",
        )

    def handle(self, *, host: str, port: int, web_only: bool, **_: Any) -> None:
        try:
            site.check_port(host, port)
            site.prepare()
        except EmbeddedError as error:
            raise CommandError(str(error)) from error
        parent = site.supervisor()
        site.start_services(parent, host, port, web_only=web_only)
        ready = site.Readiness(host, port, self.say, self._message(host, port))
        parent.run(ready.look)

    def _message(self, host: str, port: int) -> str:
        name = site.reachable(host)
        if link := first_user.setup_link(name, port):
            return f"Passline is ready. Make the first user at {link}"
        return f"Passline is ready: http://{name}:{port}{site_root()}"

    def say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()
