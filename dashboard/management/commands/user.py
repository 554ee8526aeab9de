"""`manage.py user`: people made, changed and listed."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from dashboard.addresses import known_site
from dashboard.annotations.audit_log import COMMAND_LINE
from dashboard.models import role_of
from dashboard.people.errors import CannotChange
from dashboard.people.password_links import password_link
from dashboard.people.persons import PersonChange, change_person, create_person
from dashboard.people.teams import teams_named
from dashboard.people.ways_in import remove_second_factor
from dashboard.readers import Role


class Command(BaseCommand):
    help = "Create, change and list people."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        create = actions.add_parser(
            "create", help="make one, print a one-time link to set a password"
        )
        _add_common(create)
        change = actions.add_parser("set", help="an option that is given replaces")
        _add_common(change)
        change.add_argument("--no-team", action="store_true", help="leave every team")
        change.add_argument(
            "--no-second-factor",
            action="store_true",
            help="for somebody who lost the phone and the recovery codes",
        )
        active = change.add_mutually_exclusive_group()
        active.add_argument("--disable", action="store_true")
        active.add_argument("--enable", action="store_true")
        actions.add_parser("list", help="one line a person")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["action"] == "create":
                self._create(options)
            elif options["action"] == "set":
                self._set(options)
            else:
                self._list()
        except CannotChange as error:
            raise CommandError(error.sentence, returncode=2) from None

    def _create(self, options: dict[str, Any]) -> None:
        user = create_person(
            options["name"],
            by=COMMAND_LINE,
            role=Role(options["role"] or Role.VIEWER),
            teams=teams_named(options["team"] or []),
            email=options["email"] or "",
        )
        self.stdout.write(known_site() + password_link(user, by=COMMAND_LINE))

    def _set(self, options: dict[str, Any]) -> None:
        name = options["name"]
        user = User.objects.filter(username=name).first()
        if user is None:
            raise CannotChange(f"There is no user {name!r}.")
        if options["no_team"] and options["team"]:
            raise CannotChange("Say --team or --no-team, not both.")
        change_person(user.pk, _change(options), by=COMMAND_LINE)
        if options["no_second_factor"]:
            remove_second_factor(user, by=COMMAND_LINE)
        self.stdout.write(f"{name} is changed.")

    def _list(self) -> None:
        people = User.objects.order_by("username").prefetch_related("teams")
        for user in people:
            self.stdout.write("\t".join(_told(user)))


def _add_common(parser: ArgumentParser) -> None:
    parser.add_argument("name")
    parser.add_argument("--role", choices=[str(role) for role in Role])
    parser.add_argument(
        "--team",
        action="append",
        metavar="TEAM",
        help="the name of a team; may be given again",
    )
    parser.add_argument("--email")


def _change(options: dict[str, Any]) -> PersonChange:
    teams = None
    if options["no_team"]:
        teams = []
    elif options["team"]:
        teams = teams_named(options["team"])
    active = True if options["enable"] else False if options["disable"] else None
    return PersonChange(
        role=Role(options["role"]) if options["role"] else None,
        teams=teams,
        email=options["email"],
        is_active=active,
    )


def _told(user: User) -> Iterator[str]:
    yield from (user.username, str(role_of(user)))
    yield ", ".join(team.name for team in user.teams.all()) or "no team"
    yield user.email or "no e-mail"
    seen = user.last_login
    yield f"signed in {seen.date().isoformat()}" if seen else "never signed in"
    if not user.is_active:
        yield "disabled"
