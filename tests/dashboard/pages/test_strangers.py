"""What PUBLIC_READ shows to a stranger: of every column, page and object of the API.

Whoever adds a column or a field says here who may see it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from dashboard import api_urls, page_urls
from tests.dashboard import addresses
from tests.dashboard.api.client import V1, csv_rows, ndjson_rows, read
from tests.dashboard.marked import Marked, columns, make_marked, name_of
from tests.dashboard.page_reader import logged_in, text_of
from tests.dashboard.public_fields import FIELDS, WITHHELD
from tests.dashboard.shared import stored_once

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("made")]

# Facts of tests and runs, and what tools, projects and places in them are called.
FOR_ALL = frozenset(
    ["Connection.name", "Project.external_id", "Project.name", "Source.name"]
    + ["Configuration.name", "Milestone.name", "MilestoneMember.external_id"]
    + ["MilestoneMember.name", "Run.external_id", "Run.name", "Run.raw_status"]
    + ["Run.branch", "Run.commit", "Run.unknown_words", "Thread.external_id"]
    + ["Thread.name", "Case.key", "Case.name", "Case.folder", "Result.raw_status"]
    + ["ResultText.message", "UnreadableRun.name", "RunDetails.values"]
    + ["ThreadDetails.values", "ResultText.details"]
)
# Vendors' addresses and answers, people, and what people wrote.
FOR_THE_SIGNED_IN = frozenset(
    ["Connection.base_url", "Connection.paused_by", "Connection.last_error"]
    + ["Connection.last_answer", "Project.vendor_url", "Project.last_error"]
    + ["MilestoneMember.vendor_url", "Run.vendor_url", "Sync.error"]
    + [
        "Reject.where",
        "Reject.reason",
        "Reject.reason_key",
        "Reject.payload",
        "ResultText.vendor_url",
    ]
    + ["Share.path", "Share.query"]
    + ["User.username", "Act.by", "CaseNote.owner", "CaseNote.issue_url"]
    + ["CaseNote.text", "Mute.reason", "RunJudgement.reason", "Connection.settings"]
    + ["StartedRun.by", "StartedRun.values", "StartedRun.run_external_id"]
    + ["StartedRun.vendor_url", "StartedRun.sentence"]
    + ["RelayedPart.sentence", "RelayedPart.answer"]
    + ["SavedView.name", "SavedView.query"]
)
# No page and no object shows them, to nobody.
FOR_NOBODY = frozenset(
    ["Connection.credentials", "Connection.project_ids", "Connection.memory"]
    + ["Connection.status_map", "MilestoneMember.parent_external_id"]
    + ["MilestoneMember.tags", "Run.ref", "RunChange.values", "Case.owner"]
    + ["CaseAlias.key", "Sync.answer", "Sync.notes", "ResultChange.raw_status"]
    + ["User.password", "User.first_name", "User.last_name", "User.email"]
    + [
        "ApiToken.token_hash",
        "Share.token_hash",
        "ApiToken.password_stamp",
        "Milestone.name_key",
    ]
    + ["GuessCount.key", "ScheduledTask.name", "Source.external_id"]
    + ["Configuration.external_id", "UnreadableRun.external_id"]
    + ["UnreadableRun.sentence", "PushedRun.content_hash", "AnnouncedRun.external_id"]
    + ["StartedRun.key", "StartedRun.body_hash", "StartedRun.handle"]
    + ["StartedRun.answer", "SharedRun.title", "PushedRun.client_id"]
    + ["RelayedPart.body", "CaseChange.values", "ThreadChange.values"]
)
# Written with the text of another column, by the acts that `marked` does.
COPIES = {
    **dict.fromkeys(
        ["ProjectChoice.by", "ConfigurationChoice.by", "RunJudgement.by", "Mute.by"]
        + ["CaseNote.by", "GroupedCase.by", "OtherCase.by", "MilestonePlacement.by"],
        "Act.by",
    ),
    "Act.before": "Mute.reason",
    "Act.after": "Mute.reason",
    "Act.name": "Case.name",
    "ProjectChoice.default_branch": "Run.branch",
}
# Words and figures of our own, which no vendor and no person writes.
WORDS = frozenset(
    ["Connection.vendor", "Milestone.state", "MilestoneMember.state", "Run.kind"]
    + ["Run.status", "Run.detail", "Run.vendor_counts", "Thread.status", "Act.kind"]
    + ["Sync.trigger", "Sync.status", "RunJudgement.verdict", "StandardFigure.branch"]
    + ["StandardFigure.name", "StandardFigure.value", "MilestoneFigure.seen"]
    + ["MilestoneFigure.rows", "MilestoneFigure.value", "PushedRun.format"]
    + ["StartedRun.kind", "StartedRun.state", "RelayedPart.act", "RelayedPart.state"]
    + ["SavedView.path", "Embed.kind", "Profile.role", "Invitation.role"]
)
# On pages about people alone, which have tests of their own.
OF_PEOPLE = frozenset(
    ["Embed.key", "Embed.query", "Invitation.by", "Invitation.email", "Team.name"]
    + ["Invitation.token_hash", "Invitation.used_by"]
    + ["Channel.kind", "Channel.name", "Channel.sealed_address", "Channel.shown"]
    + [f"Subscription.{name}" for name in ("kind", "name", "query", "zone", "every")]
    + [f"Subscription.{name}" for name in ("told", "site", "stopped")]
    + [f"Delivery.{name}" for name in ("key", "state", "message", "page", "told")]
    + ["Delivery.sealed_link", "Delivery.problem", "Incident.key", "Incident.title"]
)
DOCS = frozenset(["api-docs", "api-docs-metrics"])
KINDS = (FOR_ALL, FOR_THE_SIGNED_IN, FOR_NOBODY, frozenset(COPIES), WORDS, OF_PEOPLE)
MARKS = {
    name: f"mk{place:03}z"
    for place, name in enumerate(sorted(FOR_ALL | FOR_THE_SIGNED_IN | FOR_NOBODY))
}
# By the doors that people use, in `marked`.
SAID = frozenset(
    ["Act.by", "CaseNote.owner", "CaseNote.issue_url", "CaseNote.text"]
    + ["Mute.reason", "RunJudgement.reason"]
)


def text_of_column(name: str) -> str:
    return f"https://{MARKS[name]}.example/1" if name.endswith("_url") else MARKS[name]


def make() -> Marked:
    made = make_marked(
        lambda name: MARKS[name] if name in SAID else text_of_column(name),
        set(MARKS) - SAID,
    )
    # The form of a connection is for administrators.
    User.objects.filter(pk=made.user.pk).update(is_staff=True, is_superuser=True)
    made.user.refresh_from_db()
    return made


@pytest.fixture(scope="module")
def kept(request, django_db_setup, django_db_blocker) -> Iterator[Marked]:
    with stored_once(request, django_db_blocker, make) as made:
        yield made


@pytest.fixture
def made(kept, empty_redis, settings) -> Marked:
    settings.PUBLIC_READ = True
    return kept


def everything(made: Marked, client: Client) -> Iterator[tuple[str, str]]:
    """Every address with all that it answers, its own address apart."""
    for addressed in addresses.pages(made).values():
        for path in addressed:
            yield path, shown(client, path)
    for path in ("/", f"/projects/{made.project.pk}/"):
        yield f"{path} alone", shown(client, path, headers={"HX-Target": "freshness"})
    for addressed in addresses.objects(made).values():
        for path in addressed:
            yield path, shown(client, V1 + path)
            for form in ("csv", "ndjson"):
                joined = f"{V1}{path}{'&' if '?' in path else '?'}format={form}"
                yield joined, shown(client, joined)


def shown(client: Client, path: str, **more: Any) -> str:
    """What an answer says; a form that does not exist says that it does not."""
    answer = client.get(path, **more)
    assert answer.status_code in {200, 302, 400, 403}, (path, answer.status_code)
    if answer.streaming:
        return b"".join(answer.streaming_content).decode()
    return text_of(answer)


def seen_by(made: Marked, client: Client) -> dict[str, set[str]]:
    """The columns whose mark was seen, with where."""
    found: dict[str, set[str]] = {}
    for path, text in everything(made, client):
        for name, mark in MARKS.items():
            if mark in text:
                found.setdefault(name, set()).add(path)
    return found


def test_of_every_column_it_is_said_who_may_see_it():
    known = [name for kind in KINDS for name in kind]
    assert sorted(known) == sorted({name_of(*column) for column in columns()})


def test_a_stranger_sees_nothing_that_is_for_the_signed_in(made):
    found = seen_by(made, Client())
    assert {name: found[name] for name in found if name not in FOR_ALL} == {}
    # Else the pages were empty.
    assert FOR_ALL - set(found) == set()


def test_whoever_is_signed_in_sees_it_all_but_what_is_for_nobody(made):
    found = seen_by(made, logged_in(made.user))
    assert {name: found[name] for name in found if name in FOR_NOBODY} == {}
    assert FOR_THE_SIGNED_IN - set(found) == set()


def test_no_page_and_no_object_is_left_out(made):
    names = {pattern.name for pattern in page_urls.urlpatterns}
    known = set(addresses.pages(made)) - DOCS | addresses.POSTS
    assert names == known | addresses.BY_TOKEN | addresses.ABOUT_PEOPLE
    routes = {str(pattern.pattern) for pattern in api_urls.urlpatterns}
    gets = {
        one.removeprefix(api_urls.V1)
        for one in routes
        if one.startswith(api_urls.V1) and not one.endswith(addresses.MADE_OF_OTHERS)
    }
    acts = ("sync", "announce", "start", "test-cases")
    posts = {f"connections/<int:pk>/{act}/" for act in acts}
    posts |= {"runs/<int:pk>/rerun/", "runs/<int:pk>/close/"}
    posts |= {"intake/junit/", "intake/ctrf/"}
    # No stranger has any share.
    posts |= {"shares/", "shares/<int:pk>/"}
    assert gets == {*addresses.objects(made), *posts}


def flat(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted names with their values; those in a list have the list's name."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from flat(inner, f"{name}.{key}" if name else key)
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for inner in value:
            yield from flat(inner, name)
    else:
        yield name, value


def test_a_strangers_object_has_the_fields_that_are_known_and_no_other(made):
    answers = addresses.objects(made)
    del answers["schema/"]
    assert set(answers) == set(FIELDS)
    for route, paths in answers.items():
        said = [pair for path in paths for pair in flat(read(path))]
        assert {name for name, _ in said} == set(FIELDS[route].split()), route
        withheld = [(n, v) for n, v in said if n.rpartition(".")[2] in WITHHELD]
        # Of a status "error" there are counts, which are no text; what went wrong in a
        # step is a message.
        said = [n for n, value in withheld if isinstance(value, str)]
        assert {*said} - {"steps.error"} == set()


def test_a_strangers_csv_and_ndjson_have_the_same_fields_and_say_as_little(made):
    for route, (path, *_) in addresses.objects(made).items():
        if "results.id" not in FIELDS.get(route, "").split():
            continue
        known = {
            name.removeprefix("results.")
            for name in FIELDS[route].split()
            if name.startswith("results.")
        }
        rows = ndjson_rows(f"{path}?format=ndjson")
        assert {name for row in rows for name, _ in flat(row)} == known
        table = csv_rows(f"{path}?format=csv")
        assert {name.partition(".")[0] for name in table[0] if "_name" not in name} == {
            name.partition(".")[0] for name in known
        }
        assert {row[name] for row in table for name in row if name in WITHHELD} <= {""}


def test_a_stranger_cannot_search_what_an_error_says(made):
    path = f"syncs/?q={MARKS['Sync.error'][:-1]}"
    assert read(path)["count"] == 0
    assert read(path, logged_in(made.user))["count"] > 0
    assert read(f"syncs/?q={MARKS['Connection.name']}")["count"] > 0


def may_be_null(said: dict[str, Any]) -> bool:
    """As OpenAPI 3.1 says it."""
    kinds = said.get("type", ())
    among = [*said.get("oneOf", ()), *said.get("anyOf", ())]
    return "null" in kinds or any(one.get("type") == "null" for one in among)


def test_the_schema_says_what_is_null_to_a_stranger(made):
    parts = read("schema/")["components"]["schemas"]
    for name, fields in {
        "Connection": ("base_url", "last_error"),
        "Project": ("last_error", "vendor_url"),
        "Run": ("vendor_url",),
        "Case": ("owner",),
        "Result": ("vendor_url",),
        "Sync": ("error",),
        "StaleTool": ("last_error",),
    }.items():
        for field in fields:
            said = parts[name]["properties"][field]
            assert may_be_null(said)
            assert said["description"] == "null without a log-in"


def test_the_schema_says_of_every_null_that_an_answer_holds(made):
    parts = read("schema/")["components"]["schemas"]
    for route in ("connections", "projects", "milestones", "runs", "cases"):
        known = parts[route.removesuffix("s").capitalize()]["properties"]
        for client in (Client(), logged_in(made.user)):
            for row in read(f"{route}/?limit=1000", client)["results"]:
                null = {name for name, value in row.items() if value is None}
                assert {name for name in null if not may_be_null(known[name])} == set()
