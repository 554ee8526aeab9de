"""`manage.py api_token`: create, list and revoke keys to the API."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from dashboard.models import ApiToken

MOST_DAYS = 36_500


class Command(BaseCommand):
    help = "Create, list and revoke tokens of the REST API."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        create = actions.add_parser("create", help="print a new token, this once")
        create.add_argument("user", help="the name of a user who exists")
        create.add_argument("--write", action="store_true", help="may start syncs too")
        create.add_argument("--expires", type=int, metavar="DAYS")
        actions.add_parser(
            "list", help="one line a token; the token itself is not kept"
        )
        revoke = actions.add_parser("revoke", help="make a token useless at once")
        revoke.add_argument("id", type=int)

    def handle(self, *args: Any, **options: Any) -> None:
        if options["action"] == "create":
            self._create(options["user"], options["write"], options["expires"])
        elif options["action"] == "list":
            self._list()
        else:
            self._revoke(options["id"])

    def _create(self, name: str, can_write: bool, days: int | None) -> None:
        user = get_user_model()._default_manager.filter(username=name).first()
        if user is None:
            raise CommandError(f"There is no user {name!r}.", returncode=2)
        if days is not None and not 0 < days <= MOST_DAYS:
            raise CommandError(
                f"--expires must be 1 to {MOST_DAYS} days.", returncode=2
            )
        expires_at = None if days is None else timezone.now() + timedelta(days=days)
        _, text = ApiToken.issue(user.pk, can_write=can_write, expires_at=expires_at)
        self.stdout.write(text)

    def _list(self) -> None:
        for token in ApiToken.objects.select_related("user"):
            self.stdout.write(
                f"{token.pk}\t{token.user.get_username()}\t"
                f"{'write' if token.can_write else 'read'}\t"
                f"created {_day(token.created_at)}\t"
                f"expires {_day(token.expires_at)}\t"
                f"used {_day(token.last_used_at)}"
                + ("" if token.is_of_present_password else "\tolder than the password")
                + (f"\trevoked {_day(token.revoked_at)}" if token.revoked_at else "")
            )

    def _revoke(self, token_id: int) -> None:
        tokens = ApiToken.objects.filter(pk=token_id)
        if not tokens.exists():
            raise CommandError(f"There is no token {token_id}.", returncode=2)
        tokens.filter(revoked_at__isnull=True).update(revoked_at=timezone.now())
        self.stdout.write(f"Token {token_id} is revoked.")


def _day(moment: datetime | None) -> str:
    return moment.date().isoformat() if moment else "never"
