"""`manage.py api_token`: create, list and revoke keys to the API."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from dashboard.annotations.audit_log import COMMAND_LINE
from dashboard.models import WRITING, ApiToken, Scope
from dashboard.models.tokens import PROJECTS_GONE
from dashboard.people.errors import CannotChange
from dashboard.people.teams import projects_with
from dashboard.people.tokens import issue_token, revoke_token, what_it_lacks

MOST_DAYS = 36_500


class Command(BaseCommand):
    help = "Create, list and revoke tokens of the REST API."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        create = actions.add_parser("create", help="print a new token, this once")
        create.add_argument("user", help="the name of a user who exists")
        create.add_argument(
            "--scope",
            action="append",
            choices=[str(scope) for scope in Scope],
            help="what it may do, read unless said; may be given again",
        )
        create.add_argument(
            "--project",
            action="append",
            type=int,
            metavar="ID",
            help="the only projects that it is for; may be given again",
        )
        create.add_argument(
            "--write", action="store_true", help="the scopes read, intake and start"
        )
        create.add_argument("--expires", type=int, metavar="DAYS")
        actions.add_parser(
            "list", help="one line a token; the token itself is not kept"
        )
        revoke = actions.add_parser("revoke", help="make a token useless at once")
        revoke.add_argument("id", type=int)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["action"] == "create":
                self._create(options)
            elif options["action"] == "list":
                self._list()
            else:
                self._revoke(options["id"])
        except CannotChange as error:
            raise CommandError(error.sentence, returncode=2) from None

    def _create(self, options: dict[str, Any]) -> None:
        name, days = options["user"], options["expires"]
        user = User.objects.filter(username=name).first()
        if user is None:
            raise CannotChange(f"There is no user {name!r}.")
        if days is not None and not 0 < days <= MOST_DAYS:
            raise CannotChange(f"--expires must be 1 to {MOST_DAYS} days.")
        said = {Scope(scope) for scope in options["scope"] or []}
        scopes = {*said, *(WRITING if options["write"] else [])} or {Scope.READ}
        projects = projects_with(options["project"] or [])
        _, text = issue_token(
            user,
            by=COMMAND_LINE,
            scopes=scopes,
            projects=projects,
            expires_at=None if days is None else timezone.now() + timedelta(days=days),
        )
        # Beside the token, which a script reads alone.
        for sentence in what_it_lacks(user, scopes, projects):
            self.stderr.write(sentence)
        self.stdout.write(text)

    def _list(self) -> None:
        for token in ApiToken.objects.select_related("user"):
            self.stdout.write("\t".join(_told(token)))

    def _revoke(self, token_id: int) -> None:
        token = ApiToken.objects.select_related("user").filter(pk=token_id).first()
        if token is None:
            raise CannotChange(f"There is no token {token_id}.")
        revoke_token(token, by=COMMAND_LINE)
        self.stdout.write(f"Token {token_id} is revoked.")


def _told(token: ApiToken) -> Iterator[str]:
    yield from (str(token.pk), token.user.get_username(), " ".join(token.scopes))
    yield from (f"project {pk}" for pk in sorted(token.project_ids))
    if token.is_bound and not token.project_ids:
        yield PROJECTS_GONE
    yield f"created {_day(token.created_at)}"
    yield f"expires {_day(token.expires_at)}"
    yield f"used {_day(token.last_used_at)}"
    if not token.is_of_present_password:
        yield "older than the password"
    if token.revoked_at:
        yield f"revoked {_day(token.revoked_at)}"


def _day(moment: datetime | None) -> str:
    return moment.date().isoformat() if moment else "never"
