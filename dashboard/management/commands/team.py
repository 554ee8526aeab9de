"""`manage.py team`: teams made, changed and listed."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dashboard.annotations.audit_log import COMMAND_LINE
from dashboard.models import Team
from dashboard.people.errors import CannotChange
from dashboard.people.teams import TeamChange, change_team, create_team, projects_with
from dashboard.ui.text.numbers import plural


class Command(BaseCommand):
    help = "Create, change and list teams."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        create = actions.add_parser("create", help="make one, print its id")
        _add_common(create)
        change = actions.add_parser("set", help="an option that is given replaces")
        _add_common(change)
        change.add_argument(
            "--no-project", action="store_true", help="give up every project"
        )
        change.add_argument("--name", dest="new_name", help="its new name")
        actions.add_parser("list", help="one line a team")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["action"] == "create":
                projects = projects_with(options["project"] or [])
                team = create_team(options["team"], by=COMMAND_LINE, projects=projects)
                self.stdout.write(str(team.pk))
            elif options["action"] == "set":
                self._set(options)
            else:
                self._list()
        except CannotChange as error:
            raise CommandError(error.sentence, returncode=2) from None

    def _set(self, options: dict[str, Any]) -> None:
        name = options["team"]
        team = Team.objects.filter(name=name).first()
        if team is None:
            raise CannotChange(f"There is no team {name!r}.")
        if options["no_project"] and options["project"]:
            raise CannotChange("Say --project or --no-project, not both.")
        projects = None
        if options["no_project"]:
            projects = []
        elif options["project"]:
            projects = projects_with(options["project"])
        change = TeamChange(name=options["new_name"], projects=projects)
        changed = change_team(team.pk, change, by=COMMAND_LINE)
        self.stdout.write(f"{changed.name} is changed.")

    def _list(self) -> None:
        for team in Team.objects.prefetch_related("members", "projects"):
            ids = sorted(project.pk for project in team.projects.all())
            people = plural(len(team.members.all()), "member")
            told = [str(team.pk), team.name, people, *(f"project {pk}" for pk in ids)]
            self.stdout.write("\t".join(told))


def _add_common(parser: ArgumentParser) -> None:
    parser.add_argument("team", metavar="NAME")
    parser.add_argument(
        "--project",
        action="append",
        type=int,
        metavar="ID",
        help="seen by its members and administrators; may be given again",
    )
