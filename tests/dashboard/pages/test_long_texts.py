"""Texts of vendors without limit: cut where they are shown, whole in the object."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.test import Client
from selectolax.lexbor import LexborHTMLParser

from dashboard.ui.lengths import LONGEST_ADDRESS
from tests.dashboard import addresses
from tests.dashboard.api.client import V1, read
from tests.dashboard.marked import Marked, columns, make_marked, name_of
from tests.dashboard.page_reader import logged_in, text_of
from tests.dashboard.shared import stored_once

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("made")]
LETTERS = 250_000
HEAVIEST = 1_000_000
# Every letter of it is six in HTML.
TEXT = '"' * LETTERS
# What vendors and people fill as long as they like.
LONG = (
    *("Project.name", "Project.vendor_url", "Connection.last_error"),
    *("Connection.last_answer", "Project.last_error", "Milestone.name"),
    *("MilestoneMember.name", "MilestoneMember.vendor_url", "Run.name"),
    *("Run.raw_status", "Run.commit", "Run.vendor_url", "Run.ref"),
    *("Run.unknown_words", "Thread.name", "Case.key", "Case.name", "Case.folder"),
    *("CaseAlias.key", "Sync.error", "Sync.answer", "Sync.notes", "Reject.where"),
    *("Reject.reason", "Reject.payload", "Result.raw_status", "ResultText.message"),
    *("ResultText.vendor_url", "MilestoneMember.tags", "RunChange.values"),
    *("Connection.memory", "ResultChange.raw_status", "Connection.base_url"),
    *("RunDetails.values", "ThreadDetails.values", "ResultText.details"),
)
# Columns of so many letters at most, and those that an index holds (`label`).
LIMITED = {"Source.name": 500, "Configuration.name": 500, "Run.branch": 500}


# Limited by forms, commands and the connectors, or hashes and figures of our own.
SHORT = frozenset(
    ["Connection.name", "Connection.paused_by", "Connection.credentials"]
    + ["Connection.settings", "Connection.project_ids", "Connection.status_map"]
    + ["Project.external_id", "Milestone.name_key", "MilestoneMember.external_id"]
    + ["MilestoneMember.parent_external_id", "Run.external_id", "Case.owner"]
    + ["Thread.external_id", "Reject.reason_key", "Source.external_id"]
    + ["Configuration.external_id", "UnreadableRun.external_id"]
    + ["UnreadableRun.name", "UnreadableRun.sentence", "StartedRun.by"]
    + ["StartedRun.key", "StartedRun.body_hash", "StartedRun.values"]
    + ["StartedRun.handle", "StartedRun.run_external_id", "StartedRun.vendor_url"]
    + ["StartedRun.sentence", "StartedRun.answer", "AnnouncedRun.external_id"]
    + ["RelayedPart.sentence", "RelayedPart.answer", "RelayedPart.body"]
    + ["PushedRun.client_id", "SavedView.name", "SavedView.path", "SavedView.query"]
    + ["Channel.name", "Channel.sealed_address", "Channel.shown", "Delivery.message"]
    + ["Delivery.page", "Delivery.problem", "Incident.key", "Incident.title"]
    + [f"Subscription.{name}" for name in ("name", "query", "site", "zone")]
)
OUR_OWN = {
    *("StartedRun.kind", "StartedRun.state", "RelayedPart.act", "RelayedPart.state"),
    *("Connection.vendor", "Milestone.state", "MilestoneMember.state", "Run.kind"),
    *("Run.status", "Run.detail", "Run.vendor_counts", "Thread.status", "Act.kind"),
    *("Sync.trigger", "Sync.status", "RunJudgement.verdict", "RunJudgement.reason"),
    *("User.password", "User.username", "User.first_name", "User.last_name"),
    *("User.email", "ApiToken.token_hash", "ApiToken.password_stamp"),
    *("GuessCount.key", "ScheduledTask.name", "Act.by", "Act.name", "Act.before"),
    *("Act.after", "StandardFigure.branch", "StandardFigure.name"),
    *("StandardFigure.value", "MilestoneFigure.seen", "MilestoneFigure.rows"),
    *("MilestoneFigure.value", "ProjectChoice.by", "ProjectChoice.default_branch"),
    *("ConfigurationChoice.by", "RunJudgement.by", "CaseNote.by", "CaseNote.owner"),
    *("CaseNote.issue_url", "CaseNote.text", "Mute.by", "Mute.reason"),
    *("GroupedCase.by", "OtherCase.by", "MilestonePlacement.by"),
    *("PushedRun.format", "PushedRun.content_hash", "SharedRun.title"),
    *("CaseChange.values", "ThreadChange.values", "Profile.role", "Team.name"),
    *("Embed.key", "Embed.kind", "Embed.query", "Share.path", "Share.query"),
    *("Share.token_hash", "Invitation.by", "Invitation.email", "Invitation.role"),
    *("Invitation.token_hash", "Invitation.used_by", "Channel.kind", "Delivery.key"),
    *("Delivery.sealed_link", "Delivery.state", "Delivery.told", "Subscription.every"),
    *("Subscription.kind", "Subscription.stopped", "Subscription.told"),
}


def long_text(name: str) -> str:
    if name in LIMITED:
        return '"' * (LIMITED[name] - 10)
    if name == "CaseNote.issue_url":
        return "issues"
    if name.endswith("_url"):
        return f"https://vendor.example/{TEXT}"
    return TEXT if name in LONG else '"' * 400


def make(text_of_column) -> Marked:
    return make_marked(text_of_column, [*LONG, *LIMITED])


@pytest.fixture(scope="module")
def kept(request, django_db_setup, django_db_blocker) -> Iterator[Marked]:
    with stored_once(request, django_db_blocker, lambda: make(long_text)) as made:
        yield made


@pytest.fixture
def made(kept, empty_redis) -> Marked:
    return kept


def every_page(made: Marked) -> Iterator[str]:
    for paths in addresses.pages(made).values():
        yield from paths


def test_of_every_column_it_is_known_how_long_it_can_be(made):
    known = [*LONG, *LIMITED, *SHORT, *OUR_OWN]
    assert sorted(known) == sorted({name_of(*column) for column in columns()})


def test_no_page_is_heavy_because_of_one_text(made):
    client, weights = logged_in(made.user), {}
    for path in every_page(made):
        answer = client.get(path)
        assert answer.status_code in {200, 302, 403}, path
        weights[path] = len(answer.content)
    # The file of one record is no page, and holds it whole.
    assert weights.pop(f"/sync/rejects/{made.reject.pk}/") == LETTERS
    # One result is there to be read whole: its message, and the fields that it has.
    (whole,) = addresses.pages(made)["result"]
    assert weights.pop(whole) > 5 * LETTERS * len("&quot;")
    assert {path: size for path, size in weights.items() if size > HEAVIEST} == {}


def test_the_object_keeps_the_whole_text(made):
    client = logged_in(made.user)
    case = read(f"cases/{made.case.pk}/", client)
    assert case["name"].startswith(TEXT)
    assert case["folder"] == TEXT
    assert read(f"runs/{made.run.pk}/", client)["name"] == TEXT


@pytest.mark.parametrize("page", ["/cases/{}/", "/failures/"])
def test_a_message_that_is_cut_leads_to_the_whole(made, page):
    client = logged_in(made.user)
    html = text_of(client.get(page.format(made.case.pk)))
    href = re.search(r'href="([^"]+)">The whole message<', html)[1]
    assert href.endswith("#message")
    page = LexborHTMLParser(client.get(href).content.decode())
    assert page.css_first("#message pre").text() == TEXT


def test_a_record_that_is_cut_leads_to_the_whole(made):
    client = logged_in(made.user)
    html = text_of(client.get("/sync/rejects/"))
    href = re.search(r'href="(/sync/rejects/\d+/)"[^>]*>The whole record<', html)[1]
    answer = client.get(href)
    assert answer.content.decode() == TEXT
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert Client().get(href).headers["Location"].startswith("/login/")


@pytest.mark.parametrize("name", ["cases", "runs", "projects", "milestones"])
def test_a_list_by_name_is_paged_whatever_the_names_are(made, name):
    client = logged_in(made.user)
    whole = [row["id"] for row in read(f"{name}/?sort=name", client)["results"]]
    found, path = [], f"{name}/?sort=name&limit=1"
    while path:
        assert len(path) < LONGEST_ADDRESS
        answer = read(path, client)
        found += [row["id"] for row in answer["results"]]
        path = (answer["next"] or "").partition(V1)[2]
    assert found == whole
    assert len(whole) > 1


@pytest.mark.parametrize("name", ["connection", "project", "reject", "sync"])
def test_no_list_of_the_admin_is_heavy_because_of_one_text(made, name):
    User.objects.filter(pk=made.user.pk).update(is_staff=True, is_superuser=True)
    answer = logged_in(User.objects.get(pk=made.user.pk)).get(f"/admin/ingest/{name}/")
    assert answer.status_code == 200
    assert len(answer.content) < HEAVIEST
