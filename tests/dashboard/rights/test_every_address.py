"""Every address, as each kind of person: who gets in, and that what is hidden is not there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict
from urllib.parse import quote

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client

from dashboard.filters.state import moment_text
from dashboard.readers import Role
from dashboard.reading.middleware import is_todays
from tests import clock
from tests.dashboard.addresses import ABOUT_PEOPLE
from tests.dashboard.page_reader import logged_in, person
from tests.dashboard.rights.addresses import (
    ACTIONS,
    API,
    PAGES,
    PERSONAL,
    WORDS,
    routes,
)
from tests.dashboard.rights.world import Open, Rows, add_hidden, make_open

pytestmark = pytest.mark.django_db
PATHS = dict(routes())
# Words of one answer alone.
NOISE = re.compile(
    rb'name="csrfmiddlewaretoken" value="[^"]+"|X-CSRFToken[^}]+|cursor=[^"&]+'
)


@pytest.fixture
def world(empty_redis) -> Open:
    return make_open()


def test_no_address_is_unknown_here():
    known = {*PAGES, *API, *ACTIONS, *PERSONAL} | ABOUT_PEOPLE
    assert set(PATHS) == known, (
        "Say in addresses.py with what these are asked, or that they are actions: "
        f"{sorted(set(PATHS) ^ known)}"
    )


def test_what_is_about_people_is_told_as_it_is_today():
    of_projects = {name for name in ABOUT_PEOPLE if name.startswith("project-")}
    for name in ABOUT_PEOPLE - of_projects:
        assert is_todays(f"/{PATHS[name]}"), name


def paths(rows: Rows, hidden: Rows) -> Iterator[str]:
    """Every page and list, of the rows and with the hidden ones in the query."""
    named = {**asdict(hidden), "now": moment_text(clock.now())}
    for name, queries in {**PAGES, **API}.items():
        for ids in (rows, hidden) if "<" in PATHS[name] else (rows,):
            path = f"/{filled(name, ids)}"
            for query in queries:
                yield path + query.format(**named)


def filled(name: str, ids: Rows) -> str:
    """The path with the ids of these rows."""
    values = WORDS | asdict(ids)
    of_api = name.removeprefix("api-").partition("-")[0].rstrip("s")

    def value(found: re.Match[str]) -> str:
        key = found[1].removesuffix("_id")
        return str(values[of_api if key == "pk" else key])

    return re.sub(r"<(?:int|str):(\w+)>", value, PATHS[name])


def answers(client: Client, asked: list[str]) -> dict[str, tuple[int, bytes]]:
    cache.clear()
    return {path: told(client, path) for path in asked}


# The palette asks for its rows alone.
ROWS = {"HX-Request": "true"}


def told(client: Client, path: str) -> tuple[int, bytes]:
    answer = client.get(path, headers=ROWS if "palette" in path else {})
    body = b"".join(answer) if answer.streaming else answer.content
    return answer.status_code, NOISE.sub(b"", body)


def test_what_is_hidden_is_as_if_it_never_was(world):
    compare(logged_in(person("vera", Role.VIEWER)), world, "/")


def test_strangers_are_told_no_more_of_it(world, settings):
    settings.PUBLIC_READ = True
    compare(Client(), world, "/api/")


def compare(reader: Client, world: Open, below: str) -> None:
    """All below a path, with the hidden rows and before they were made."""
    before = transaction.savepoint()
    hidden = add_hidden(world)
    asked = [one for one in paths(world.rows, hidden.rows) if one.startswith(below)]
    shown = answers(reader, asked)
    transaction.savepoint_rollback(before)
    never = answers(reader, asked)
    assert not [path for path, (status, _) in shown.items() if status >= 500]
    differences = {path: near(shown[path], never[path]) for path in asked}
    assert {path: told for path, told in differences.items() if told} == {}


def near(shown: tuple[int, bytes], never: tuple[int, bytes]) -> str:
    """Where two answers part; "" for equal ones."""
    if shown == never:
        return ""
    both = zip(shown[1], never[1], strict=False)
    at = next((n for n, (one, other) in enumerate(both) if one != other), 0)
    start = max(at - 60, 0)
    return (
        f"{shown[0]} and {never[0]}: {shown[1][start : at + 100]!r}, never: "
        f"{never[1][start : at + 100]!r}"
    )


# Who is let in where not everybody who is signed in is: (viewer, editor, administrator).
ONLY_EDITORS, ONLY_ADMINS = (403, 200, 200), (403, 403, 200)
LET_IN = {
    "connect-push": ONLY_EDITORS,
    "connect": ONLY_ADMINS,
    "project-start": ONLY_EDITORS,
    "digests": ONLY_EDITORS,
    "digest-all": ONLY_ADMINS,
    "digest-new": ONLY_EDITORS,
    # Of somebody else.
    "digest": (403, 404, 404),
    "digest-change": (403, 404, 404),
    "embeds": ONLY_EDITORS,
    "embed-preview": ONLY_EDITORS,
    # A forged one, whoever asks.
    "embed": (404, 404, 404),
    "share": ONLY_EDITORS,
    "shares": ONLY_EDITORS,
    "share-all": ONLY_ADMINS,
    "api-shares": ONLY_EDITORS,
    "api-shares-one": (405, 405, 405),
    # No test can be made at the tool of this project.
    "project-new-test": (403, 404, 404),
    # For machines with a token of their own.
    "metrics": (404, 404, 404),
    # For whoever is not signed in.
    "login": (302, 302, 302),
    "setup": (403, 403, 403),
    # A view of somebody else.
    "view": (404, 404, 404),
}
NOT_FOR_STRANGERS = {"sync-rejects", "sync-reject", "started", "relay", "mine"}
OPEN_TO_ALL = {"login": 200, "setup": 403, "healthz": 200, "readyz": 200}
OPEN_TO_ALL |= {"metrics": 404, "embed": 404}


def test_each_kind_of_person_is_let_in_where_they_may(world, settings):
    kinds = [logged_in(person(role, role)) for role in (Role.VIEWER, Role.EDITOR)]
    kinds.append(logged_in(person("root", is_superuser=True)))
    got = {
        name: tuple(status(one, name, world) for one in kinds)
        for name in (*PAGES, *API)
    }
    usual = {name: one for name, one in got.items() if one != (200, 200, 200)}
    needs_runs = ("api-metrics-compare", "api-metrics-compare-explain")
    assert usual == {**LET_IN, **dict.fromkeys(needs_runs, (400, 400, 400))}
    strangers = {name: status(Client(), name, world) for name in (*PAGES, *API)}
    shut = {name: 401 if name in API else 302 for name in (*PAGES, *API)}
    shut |= {"api-schema": 401, "palette": 401}
    assert strangers == shut | OPEN_TO_ALL
    settings.PUBLIC_READ = True
    strangers = {name: status(Client(), name, world) for name in (*PAGES, *API)}
    guarded = {*NOT_FOR_STRANGERS, *LET_IN} - {*OPEN_TO_ALL}
    assert {
        name for name, one in strangers.items() if one in (302, 401, 405)
    } == guarded


def status(client: Client, name: str, world: Open) -> int:
    path = f"/{filled(name, world.rows)}"
    return client.get(path, headers=ROWS if name == "palette" else {}).status_code


def test_no_viewer_and_no_stranger_changes_anything(world, settings):
    settings.PUBLIC_READ = True
    viewer = logged_in(person("vera", Role.VIEWER))
    of_pages = {name for name in ACTIONS if not name.startswith("api-")}
    for name in sorted(of_pages - {"logout", "theme"}):
        path = f"/{filled(name, world.rows)}"
        assert (name, viewer.post(path).status_code) == (name, 403)
        assert (name, Client().post(path).status_code) == (name, 302)
    for name in sorted(ACTIONS - of_pages):
        path = f"/{filled(name, world.rows)}"
        kind = "application/json"
        assert (name, viewer.post(path, {}, kind).status_code) == (name, 403)
        assert (name, Client().post(path, {}, kind).status_code) == (name, 401)


def test_editors_act_on_nothing_that_is_hidden_from_them(world):
    editor = logged_in(person("ed"))
    hidden = add_hidden(world)
    nothing = Rows(**dict.fromkeys(asdict(hidden.rows), 987_654))
    for name in sorted(n for n in ACTIONS | PERSONAL if "<" in PATHS[n]):
        told = [acted(editor, name, ids) for ids in (hidden.rows, nothing)]
        assert (name, told[0]) == (name, told[1])
        assert told[0][0] in (403, 404), name


def acted(client: Client, name: str, ids: Rows) -> tuple[int, bytes]:
    """Status and body, in which the address and the id in it say nothing."""
    path = f"/{filled(name, ids)}"
    answer = client.post(path, {}, "application/json")
    body = NOISE.sub(b"", answer.content)
    for word in (path, quote(path, safe="")):
        body = body.replace(word.encode(), b"?")
    return answer.status_code, re.sub(rb"(There is no \w+) \d+", rb"\1 ?", body)
