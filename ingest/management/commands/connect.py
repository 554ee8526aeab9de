"""`manage.py connect`: a connection made or changed from the command line."""

from __future__ import annotations

import logging
import os
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ingest.connections import Vendor, save_connection, vendors
from ingest.contract import VendorError
from ingest.models import Connection


class Command(BaseCommand):
    help = "Create or update a connection to a vendor and check its credentials."
    # Django's checks load all pages and the API, which takes longer than the rest.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("vendor", choices=[vendor.name for vendor in vendors()])
        parser.add_argument("--name")
        parser.add_argument("--base-url", default="")
        parser.add_argument(
            "--project", action="append", default=[], metavar="EXTERNAL_ID"
        )
        parser.add_argument(
            "--setting", action="append", default=[], metavar="KEY=VALUE"
        )
        parser.add_argument(
            "--secret", action="append", default=[], metavar="KEY=ENVVAR"
        )
        parser.add_argument("--interval", type=int, default=5, metavar="MINUTES")
        parser.add_argument("--no-check", action="store_true")
        parser.add_argument(
            "--help-fields",
            action="store_true",
            help="print the settings and secrets that the vendor's connector takes",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        given = Namespace(**options)
        if given.help_fields:
            self._print_fields(next(v for v in vendors() if v.name == given.vendor))
            return
        if given.name is None:
            raise CommandError("--name is required.", returncode=2)
        try:
            connection = _saved(given)
        except VendorError as error:
            raise CommandError(error.sentence, returncode=2) from None
        self.stdout.write(str(connection.pk))

    def _print_fields(self, vendor: Vendor) -> None:
        self.stdout.write(f"{vendor.label}, {vendor.default_base_url}")
        for field in vendor.fields:
            kind = "secret" if field.is_secret else "setting"
            need = "required" if field.is_required else "optional"
            choices = f" ({'|'.join(field.choices)})" if field.choices else ""
            default = f", default {field.default}" if field.default else ""
            self.stdout.write(
                f"  --{kind} {field.name}{choices}: {field.label}. {field.help} "
                f"[{need}{default}]"
            )


def _saved(given: Namespace) -> Connection:
    with _without_chatter():
        return save_connection(
            vendor=given.vendor,
            name=given.name,
            base_url=given.base_url,
            settings=_pairs(given.setting, "--setting"),
            secrets=_secrets(given.secret),
            projects=given.project,
            interval_minutes=given.interval,
            check=not given.no_check,
        )


@contextmanager
def _without_chatter() -> Iterator[None]:
    """What the client waits for is no matter for a person who gets one sentence."""
    logger = logging.getLogger("ingest")
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(level)


def _pairs(words: Sequence[str], option: str) -> dict[str, str]:
    pairs = [word.partition("=") for word in words]
    for name, sign, _ in pairs:
        if not name or not sign:
            raise CommandError(f"{option} {name!r} is not KEY=VALUE.", returncode=2)
    return {name: value for name, _, value in pairs}


def _secrets(words: Sequence[str]) -> dict[str, str]:
    """Secrets by name; each word names the environment variable that holds one."""
    secrets = {}
    for name, variable in _pairs(words, "--secret").items():
        if not os.environ.get(variable):
            raise CommandError(
                f"--secret {name}: the environment variable {variable} is not set.",
                returncode=2,
            )
        secrets[name] = os.environ[variable]
    return secrets
