"""`manage.py mcp`: a read-only server of the Model Context Protocol."""

from __future__ import annotations

import os
import re
import socket
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connections

from dashboard.addresses import address
from dashboard.mcp import over_http, stdio
from dashboard.mcp.asking import answer_of
from dashboard.mcp.errors import CannotAnswerError

VARIABLE = "PASSLINE_TOKEN"


class Command(BaseCommand):
    help = (
        "Answer programs that speak the Model Context Protocol: over standard input and "
        f"output with the token in {VARIABLE}, or over HTTP with the token of each request."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--http",
            metavar="HOST:PORT",
            help="listen there, such as 127.0.0.1:8765, in place of standard input",
        )

    def handle(self, *, http: str | None, **_: Any) -> None:
        if http is None:
            stdio.serve(self._token())
            return
        host, port = _host_and_port(http)
        with _listener(host, port) as listener:
            over_http.serve(listener, host, self._say)

    def _token(self) -> str:
        """That of the environment, which no other process sees in a list of processes."""
        token = os.environ.get(VARIABLE, "").strip()
        if not token:
            raise CommandError(
                f"{VARIABLE} is not set: put a token in it that `manage.py api_token "
                "create USER` prints.",
                returncode=2,
            )
        try:
            answer_of(address("api-projects"), {"limit": ("1",)}, token)
        except CannotAnswerError as error:
            raise CommandError(f"{VARIABLE}: {error.sentence}", returncode=2) from None
        except DatabaseError as error:
            raise CommandError(f"The database does not answer: {error}") from None
        finally:
            connections.close_all()
        return token

    def _say(self, where: str) -> None:
        self.stdout.write(f"Passline answers programs at {where}")
        self.stdout.flush()


def _host_and_port(text: str) -> tuple[str, int]:
    parts = re.fullmatch(r"(?:\[([0-9a-fA-F:.]+)\]|([^\s:/@\[\]]+)):(\d{1,5})", text)
    if parts is None or int(parts[3]) > 65_535:
        raise CommandError(
            "--http must be HOST:PORT, such as 127.0.0.1:8765.", returncode=2
        )
    return parts[1] or parts[2], int(parts[3])


def _listener(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise CommandError(
            f"Cannot listen on {host}, port {port}: {error.strerror}."
        ) from None
