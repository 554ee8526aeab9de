"""The page of one result, put together."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.addresses import address
from dashboard.annotations.notes_and_mutes import CaseRemarks
from dashboard.lists.one_result import api_id
from dashboard.pages.results.message import MessageCard, message_card
from dashboard.pages.results.result_data import ResultData
from dashboard.pages.results.series import (
    AlikeCard,
    Beside,
    SeriesCard,
    alike_card,
    series_card,
)
from dashboard.pages.results.steps import StepsCard, shown_steps
from dashboard.readers import for_signed_in, reader
from dashboard.tools import TOOLS
from dashboard.ui import links
from dashboard.ui.evidence import ShownEvidence, meta_pairs, shown_evidence
from dashboard.ui.lengths import Name, Prose, Quote, Words
from dashboard.ui.notes_and_mutes import issue_link
from dashboard.ui.parts import Button, Crumb, Fact, Link, Note, Pill, warning
from dashboard.ui.run_head import run_facts
from dashboard.ui.run_rows import run_label, run_name
from dashboard.ui.svg.outcomes import by_status, glyph_of
from dashboard.ui.text import numbers, times
from ingest.contract import Status
from ingest.models import STATUS_OF_CODE, Result
from ingest.origins import web_link

# Attempts that the page names; its run lists all of them.
MOST_ATTEMPTS = 30
TONES = {"pass": "pass", "fail": "fail", "err": "fail", "run": "run"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    number: int
    href: str
    status: Status
    result: Result
    is_current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptsBar:
    """Oldest first. `more` leads to those that are not named."""

    attempts: tuple[Attempt, ...]
    more: Link | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RemarksCard:
    """What people said of the test, and the way to where they say it."""

    remarks: CaseRemarks
    text: Words
    issue: Link | None
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultPage:
    """`meta` are names with values. Cards without anything in them are None."""

    title: Prose
    crumbs: tuple[Crumb, ...]
    pill: Pill
    buttons: tuple[Button, ...]
    notes: tuple[Note, ...]
    facts: tuple[Fact, ...]
    previous: Link | None
    next: Link | None
    attempts: AttemptsBar | None
    message: MessageCard | None
    steps: StepsCard | None
    evidence: ShownEvidence | None
    meta: tuple[tuple[Name, Quote], ...]
    series: SeriesCard | None
    alike: AlikeCard | None
    remarks: RemarksCard | None


def result_page(data: ResultData) -> ResultPage:
    # Other runs, and other tests, may be no part of what a visitor is shown.
    is_shared = reader().share is not None
    series = None if is_shared else series_card(data)
    beside = {one.label: one for one in series.beside} if series else {}
    return ResultPage(
        title=data.case.name,
        crumbs=_crumbs(data),
        pill=_pill(data),
        buttons=_buttons(data),
        notes=_notes(data),
        facts=_facts(data),
        previous=_way("Result before", beside.get("Before")),
        next=_way("Result after", beside.get("After")),
        attempts=_attempts(data),
        message=message_card(data),
        steps=_steps(data),
        evidence=shown_evidence(data.evidence, whole_href=_api(data)),
        meta=meta_pairs(data.evidence.meta),
        series=series,
        alike=None if is_shared else alike_card(data),
        remarks=_remarks(data),
    )


def _way(words: str, one: Beside | None) -> Link | None:
    return Link(text=f"{words}, {one.name}", href=one.href) if one else None


def _crumbs(data: ResultData) -> tuple[Crumb, ...]:
    run, project, thread = data.run, data.run.project, data.result.thread
    name = f"{run_name(run.name, run.external_id)} {run_label(run) if run.name else ''}"
    crumbs = [
        Crumb(text=project.name, href=address("project", project.pk)),
        Crumb(text=name.strip(), href=links.run(run.pk)),
    ]
    if thread:
        text = thread.name or f"thread {thread.external_id}"
        crumbs.append(Crumb(text=text, href=links.thread(run.pk, thread.pk)))
    return tuple(crumbs)


def _pill(data: ResultData) -> Pill:
    """Its outcome, and which of several attempts it is."""
    earlier = [STATUS_OF_CODE[one.status] for one in data.attempts]
    word = "Unknown" if data.status is Status.UNKNOWN else by_status(data.status).word
    if len(data.attempts) > 1:
        place = [one.ordinal for one in data.attempts].index(data.result.ordinal) + 1
        word += f", attempt {place} of {len(data.attempts)}"
        earlier = earlier[: place - 1]
    else:
        earlier = []
    tone = TONES.get(by_status(data.status).css, "skip")
    return Pill(glyph=glyph_of(data.status, earlier), word=word, tone=tone)


def _buttons(data: ResultData) -> tuple[Button, ...]:
    test = Button(text="The test", href=links.case(data.case.pk), icon="cases")
    at_vendor = data.text.vendor_url or data.run.vendor_url
    url = web_link(for_signed_in(at_vendor))
    if not url:
        return (test,)
    text = f"Open in {data.tool.label}" if data.tool.vendor in TOOLS else "Open there"
    return (test, Button(text=text, href=url, icon="external", hide_on_phone=True))


def _notes(data: ResultData) -> tuple[Note, ...]:
    notes, label = [], data.tool.label
    if data.run.removed_at:
        fact = f"{label} no longer has this run."
        notes.append(
            warning(fact, "Its rows stay here to be read; no number counts them.")
        )
    elif data.result.removed_at:
        fact = f"{label} no longer has this result."
        text = f"It was gone when the run was read {data.clock.ago(data.result.removed_at)}."
        notes.append(
            warning(fact, f"{text} It stays here to be read; no number counts it.")
        )
    return tuple(notes)


def _facts(data: ResultData) -> tuple[Fact, ...]:
    result, run, clock = data.result, data.run, data.clock
    at = result.at if result.has_own_time else None
    source, configuration, code, started, _ = run_facts(run, clock)
    run_link = Link(text=run_label(run), href=links.run(run.pk))
    facts = [
        Fact(label="Tool", text=data.tool.label, tool=data.tool),
        Fact(label="Run", text="", links=(run_link,), title=run.name),
        *_thread(data),
        Fact(
            label="Ran at" if at else "Run started",
            text=clock.date_and_time(at) if at else started.text,
            title=clock.timestamp(at) if at else started.title,
        ),
        Fact(label="Duration", text=times.duration(result.duration_ms)),
    ]
    facts += [configuration] if run.configuration else []
    facts += [source] if run.source else []
    facts += [code] if run.branch or run.commit else []
    return (*facts, *_of_test(data))


def _thread(data: ResultData) -> list[Fact]:
    thread = data.result.thread
    if thread is None:
        return []
    name = thread.name or thread.external_id
    href = links.thread(data.run.pk, thread.pk)
    return [Fact(label="Thread", text="", links=(Link(text=name, href=href),))]


def _of_test(data: ResultData) -> list[Fact]:
    """What belongs to the test itself, where it is told."""
    facts, evidence, raw = [], data.evidence, data.result.vendor_word
    if raw.strip().lower() not in {"", str(data.status)}:
        facts.append(Fact(label="Status there", text=raw))
    if evidence.file:
        line = f":{evidence.line}" if evidence.line else ""
        place = f"{evidence.file}{line}"
        facts.append(Fact(label="File", text=place, is_code=True, title=place))
    if evidence.assertions is not None:
        number = numbers.count(evidence.assertions)
        facts.append(Fact(label="Assertions", text=number))
    if data.remarks.owner:
        facts.append(Fact(label="Owner", text=data.remarks.owner))
    return facts


def _attempts(data: ResultData) -> AttemptsBar | None:
    if len(data.attempts) < 2:
        return None
    more = None
    if len(data.attempts) > MOST_ATTEMPTS:
        href = f"{links.case_in_run(data.run.pk, data.case.pk)}#results"
        more = Link(text=f"All {numbers.count(len(data.attempts))}", href=href)
    return AttemptsBar(
        attempts=tuple(
            Attempt(
                number=place,
                href=links.result(api_id(one)),
                status=STATUS_OF_CODE[one.status],
                result=one,
                is_current=one.ordinal == data.result.ordinal,
            )
            for place, one in list(enumerate(data.attempts, 1))[-MOST_ATTEMPTS:]
        ),
        more=more,
    )


def _steps(data: ResultData) -> StepsCard | None:
    steps, left_out = shown_steps(data.evidence.steps)
    if not steps:
        return None
    subtitle = numbers.plural(len(data.evidence.steps), "step")
    return StepsCard(
        subtitle=subtitle, steps=steps, left_out=left_out, whole_href=_api(data)
    )


def _api(data: ResultData) -> str:
    return address("api-results-one", api_id(data.result))


def _remarks(data: ResultData) -> RemarksCard | None:
    """None where nobody said anything that the reader may see."""
    remarks = data.remarks
    if remarks.note is None and remarks.mute is None:
        return None
    return RemarksCard(
        remarks=remarks,
        text=remarks.note.text if remarks.note else "",
        issue=issue_link(remarks),
        href=links.notes_of_case(data.case.pk),
    )
