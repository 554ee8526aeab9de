"""A well-filled database in which every text says, by a mark, which column it is of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.contrib.auth.models import User
from django.db.models import CharField, JSONField, Model, TextField, Value
from django.db.models.functions import Cast, Concat

from dashboard.annotations import milestones, notes, projects, runs, same_tests
from dashboard.models import ApiToken, Mute, SavedView, Share
from ingest.models import (
    Case,
    CaseAlias,
    Configuration,
    Connection,
    Project,
    Reject,
    RelayedPart,
    Result,
    Run,
    RunChange,
    RunDetails,
    StartedRun,
    Sync,
    ThreadDetails,
    UnreadableRun,
)
from ingest.models.runs import key_hash
from tests import factories
from tests.dashboard.page_reader import person
from tests.factories import NOW

HOUR = timedelta(hours=1)
# The server of what is attached, which no stranger is told.
ATTACHED_AT = "attached.example"
# The text that a column gets, by "Model.column".
TextOf = Callable[[str], str]
# Columns of what is attached to runs, threads and results.
ATTACHED = frozenset(
    ["RunDetails.values", "ThreadDetails.values", "ResultText.details"]
)
# Columns whose texts differ from row to row, because they have to.
DIFFERING = frozenset(
    ["Connection.name", "Source.name", "Configuration.name", "Case.key", "Case.name"]
    + [
        f"{name}.external_id"
        for name in ("Project", "MilestoneMember", "Run", "Thread")
    ]
)


@dataclass(frozen=True)
class Marked:
    """What pages and objects are about."""

    connection: Connection
    paused: Connection
    project: Project
    run: Run
    before: Run
    excluded: Run
    outage: Run
    case: Case
    twin: Case
    milestone: int
    result: Result
    sync: Sync
    reject: Reject
    started: StartedRun
    view: SavedView
    user: User


def columns() -> Iterator[tuple[type[Model], Any]]:
    """Every column of ours, and of accounts, that holds text or what has text in it."""
    models = [*apps.get_app_config("ingest").get_models(), User]
    for model in [*models, *apps.get_app_config("dashboard").get_models()]:
        for field in model._meta.concrete_fields:
            if isinstance(field, CharField | TextField | JSONField):
                yield model, field


def name_of(model: type[Model], field: Any) -> str:
    return f"{model.__name__}.{field.name}"


def make_marked(text_of: TextOf, written: Iterable[str]) -> Marked:
    """One of everything; the columns `written` get their text."""
    made = _facts()
    for name in written:
        _write(name, text_of(name))
    _say(made, text_of)
    for row in (made.run, made.case, made.connection, made.project):
        row.refresh_from_db()
    return made


def _write(name: str, text: str) -> None:
    """To all rows, apart from one another where they have to be."""
    model_name, _, column = name.partition(".")
    model = next(model for model, _ in columns() if model.__name__ == model_name)
    rows, field = model._default_manager.all(), model._meta.get_field(column)
    value: Any = text
    if name == "Connection.last_error":
        rows = rows.filter(paused_at=None)
    if name == "SavedView.query":
        value = f"q={text}"
    elif name == "Connection.settings":
        value = {"runs": text}
    elif name == "Run.unknown_words":
        rows, value = rows.exclude(unknown_words=None), {text: 1}
    elif name in ATTACHED:
        value = attached(text)
    elif isinstance(field, JSONField):
        value = [text] if field.default is list else {"said": text}
    elif name in DIFFERING:
        value = Concat(Value(f"{text}-"), Cast("pk", CharField()))
    rows.update(**{column: value})


def attached(text: str) -> dict[str, Any]:
    """Everything that can be attached, each text of it this one; addresses stand where
    only the signed-in see them.
    """
    link = {"name": text, "url": f"https://{ATTACHED_AT}/{text}", "note": text}
    field = {"name": text, "meta": {"browser": text}, "is_highlight": True}
    return {
        "tags": [text],
        "fields": [
            *({**field, "type": kind, "value": text} for kind in (1, 2, 3, 4)),
            {**field, "type": 5, "value": link["url"]},
        ],
        "artifacts": [{**link, "mime_type": "image/png", "size": 2048}],
        "links": [link],
        "steps": [
            {"title": text, "category": text, "duration_ms": 5, "error": text}
            | {"steps": []}
        ],
        "meta": {"browser": text},
        "file": text,
        "line": 3,
        "assertions": 2,
    }


def _facts() -> Marked:
    """Two tools that fail and one that does not, with all that a sync can leave."""
    failing = factories.make_connection(
        "failing",
        last_error="x",
        last_answer="x",
        failing_since=NOW - 30 * HOUR,
        last_success_at=NOW - 30 * HOUR,
    )
    paused = factories.make_connection("paused", vendor="qatech", paused_at=NOW)
    late = factories.make_connection(
        "late", vendor="testably", last_success_at=NOW - 9 * HOUR
    )
    shop = factories.make_project(failing, vendor_url="x", last_error="x")
    portal = factories.make_project(paused)
    factories.make_run(factories.make_project(late))
    release = factories.make_milestone(shop, "one", due_at=NOW + 24 * HOUR)
    factories.make_milestone(portal, "two")
    # Late for certain, so that the stand-up tells of it.
    factories.make_milestone(shop, "three", due_at=NOW - 24 * HOUR)
    _history(shop, release)
    _history(portal, None)
    before, run = Run.objects.filter(project=shop).order_by("-at")[:2][::-1]
    _odd(run, failing)
    outage = factories.make_run(shop, started_at=NOW - 90 * HOUR, is_outage=True)
    factories.make_results(outage, "FFFF", cases=["a", "b", "c", "d"])
    sync = _syncs(failing, shop)
    cases = Case.objects.order_by("pk")
    case, twin = cases.filter(project=shop)[0], cases.filter(project=portal)[0]
    factories.make_case(portal, "apart")
    CaseAlias.objects.create(project=shop, case=case, key="x", key_hash=key_hash("x"))
    RunChange.objects.create(
        run=run, recorded_from=NOW - HOUR, recorded_to=NOW, values={"name": "before"}
    )
    _refused(run)
    user = person(email="x@example.com", first_name="x", last_name="x")
    ApiToken.issue(user.pk, expires_at=None)
    Share.make(user.pk, path="/runs/", query="q=x", projects=[shop.pk])
    return Marked(
        connection=failing,
        paused=paused,
        project=shop,
        run=run,
        before=before,
        excluded=Run.objects.filter(project=shop).order_by("at")[2],
        outage=outage,
        case=case,
        twin=twin,
        milestone=release.pk,
        result=Result.objects.filter(run_id=run.pk).order_by("ordinal")[0],
        sync=sync,
        reject=Reject.objects.order_by("pk")[0],
        started=_started(shop),
        view=SavedView.objects.create(
            user=user, name="x", path="/runs/", query="q=x", place=1
        ),
        user=user,
    )


def _refused(run: Run) -> None:
    """A request that its tool did not take."""
    RelayedPart.objects.create(
        project=run.project,
        run=run,
        act="append_thread",
        body="{}",
        state="refused",
        sentence="x",
        answer="x",
        created_at=NOW - HOUR,
    )


def _started(project: Project) -> StartedRun:
    """One that the tool lost, with all that may be known of one."""
    return StartedRun.objects.create(
        connection=project.connection,
        project=project,
        kind="start",
        by="x",
        key="x",
        state="lost",
        handle="x",
        run_external_id="x",
        values={"x": "x"},
        asked_at=NOW - HOUR,
    )


def _history(project: Project, release: Any) -> None:
    """A flaky test, one that fails, one that was fixed and one that began to fail."""
    letters = zip("PFPFPFPFPF", "PPPFFFFFFF", "FFFFFFFFFP", "PPPPPPPPPF", strict=True)
    for number, of_run in enumerate(letters):
        run = factories.make_run(
            project,
            started_at=NOW - (40 - 4 * number) * HOUR,
            milestones=[release] if release else (),
            source="source",
            configuration="Chrome" if number % 4 else "Firefox",
            branch="branch",
            commit=f"commit{number}",
            status="failed",
            vendor_url="x",
            vendor_counts={"passed": 1, "failed": 9},
            thread_count=1,
        )
        thread = factories.make_thread(run, duration_ms=9000, started_at=run.at)
        factories.make_results(
            run, "".join(of_run), cases=["a", "b", "c", "d"], message="x", thread=thread
        )


def _odd(run: Run, connection: Connection) -> None:
    """Rows of the run that could not be read, one with a word that nobody mapped, and
    what is attached.
    """
    RunDetails.objects.create(run=run)
    ThreadDetails.objects.create(thread=run.threads.all()[0])
    factories.make_results(run, "?", cases=["odd"], message="x")
    Run.objects.filter(pk=run.pk).update(is_clean=False, unknown_words={"word": 1})
    for is_stored in (False, True):
        Reject.objects.create(
            connection=connection,
            project=run.project,
            run=run,
            is_stored=is_stored,
            created_at=NOW,
            where="x",
            reason="x",
            reason_key="x",
            payload="x",
        )


def _syncs(connection: Connection, project: Project) -> Sync:
    Project.objects.filter(pk=project.pk).update(synced_from=NOW - HOUR)
    UnreadableRun.objects.create(
        project=project,
        external_id="x",
        name="x",
        failures=1,
        first_failed_at=NOW,
        next_try_at=NOW,
        sentence="x",
    )
    parent = factories.make_sync(connection, status="failed", error="x")
    factories.make_sync(
        connection, project=project, parent=parent, status="failed", error="x"
    )
    return factories.make_sync(connection, status="partial", error="x", answer="x")


def _say(made: Marked, text_of: TextOf) -> None:
    """What people say, through the doors that they use."""
    by = text_of("Act.by")[:200]
    reason = text_of("Mute.reason")
    notes.write_note(
        made.case,
        owner=text_of("CaseNote.owner")[:200],
        issue_url=f"https://{text_of('CaseNote.issue_url')}.example/1",
        text=text_of("CaseNote.text"),
        by=by,
    )
    until = NOW + 200 * HOUR
    for case in (made.case, made.twin):
        notes.mute(case, until=until, reason=reason, by=by)
    for case in Case.objects.filter(project=made.project):
        Mute.objects.update_or_create(
            case=case, defaults={"until": until, "by": by, "reason": reason}
        )
    same_tests.link(made.case, made.twin, by=by)
    other = Case.objects.filter(project=made.twin.project_id).order_by("-pk")[0]
    same_tests.tell_apart(made.case, other, by=by)
    runs.exclude(made.excluded, reason=text_of("RunJudgement.reason"), by=by)
    runs.put_back(made.outage, reason=text_of("RunJudgement.reason"), by=by)
    branch = Run.objects.exclude(branch="").values_list("branch", flat=True)[0]
    projects.choose_default_branch(made.project, branch, by=by)
    projects.choose_default_branch(made.project, "", by=by)
    one, two = Configuration.objects.filter(project=made.project).order_by("pk")[:2]
    projects.choose_alias(made.project, two.name, one.name, by=by)
    others = apps.get_model("ingest", "Milestone").objects.exclude(pk=made.milestone)
    milestones.join(others.order_by("pk")[0].pk, made.milestone, by=by)
