"""Page times with rights on against off, at a million results, in one run.

`python -m benchmarks.rights FOLDER` on a database that `benchmarks.million` keeps there.
An administrator meets the tables themselves. The first reader sees each of their rows
through the views, since one more, empty project is hidden; the second one half of the
projects.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from benchmarks.as_of import addresses_before, fastest_ms

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.test import Client


def measure() -> None:
    """Each address by each of the three in turn, with an empty cache."""
    from django.core.management import call_command
    from django.db import connection
    from django.utils import timezone

    from benchmarks.table import show

    call_command("collectstatic", interactive=False, verbosity=0)
    readers = _readers()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    rows = []
    for path in addresses_before(timezone.now()):
        times = [_ms(_client(user), path) for user in readers]
        shares = [f"{ms / times[0]:.2f}" if ms else "-" for ms in times[1:]]
        rows.append([path, *(f"{ms:,.0f}" if ms else "-" for ms in times), *shares])
        print(rows[-1], flush=True)
    columns = ["address", "off", "on", "half seen", "on / off", "half / off"]
    show("Rights, ms, best of three", columns, rows)


def _readers() -> list[User]:
    from django.contrib.auth.models import User

    from dashboard.models import Team
    from ingest.models import Project

    admin, _ = User.objects.get_or_create(username="b", is_superuser=True)
    every, half = (User.objects.get_or_create(username=u)[0] for u in ("on", "half"))
    first = Project.objects.earliest("pk")
    others = Project.objects.exclude(name="Hidden and empty").order_by("pk")
    empty, _ = Project.objects.get_or_create(
        name="Hidden and empty", connection=first.connection, external_id="hidden"
    )
    team, _ = Team.objects.get_or_create(name="Nobody")
    team.projects.set([empty])
    some, _ = Team.objects.get_or_create(name="Some")
    some.projects.set(list(others)[1::2])
    some.members.set([every])
    return [admin, every, half]


def _ms(client: Client, path: str) -> float:
    """0 for what the reader may not see."""
    return 0 if client.get(path).status_code == 404 else fastest_ms(client, path)


def _client(user: User) -> Client:
    from django.test import Client

    client = Client(HTTP_HOST="127.0.0.1")
    client.force_login(user)
    return client


if __name__ == "__main__":
    from benchmarks.ground import database_in

    with database_in(sys.argv[1]):
        measure()
