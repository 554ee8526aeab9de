"""What is compared with the field is the same on all sides."""

from __future__ import annotations

import json
import random
from collections import Counter
from datetime import timedelta

import pytest

from benchmarks.field import by_hand
from benchmarks.field.reports import ctrf_report, squad_name, squad_run
from benchmarks.million import runs
from ingest.contract import ResultRecord, RunRecord, RunStatus, Status
from ingest.intake.ctrf.reports import read_report
from ingest.intake.ctrf.results import read_results
from ingest.upsert import Batch, ProjectStore
from tests import factories
from tests.clock import now

CASES = 60


@pytest.fixture(scope="module")
def batch():
    """One with repeats, of which it has some in any day's world."""
    return next(one for one in runs(0, CASES, 60_000) if len(one.results) > CASES + 1)


def test_a_ctrf_report_holds_all_attempts_in_their_order(batch):
    found = list(read_results([ctrf_report(batch)]))
    assert [told(one) for one in sorted(found, key=told)] == sorted(
        told(one) for one in batch.results
    )
    by_name = {one.name: one.status for one in found}
    assert by_name == {one.name: one.status for one in batch.results}


def told(result):
    folder = result.folder.replace(" > ", " / ")
    return (
        result.name,
        folder,
        result.executed_at,
        str(result.status),
        result.duration_ms,
        result.message,
    )


def test_a_ctrf_report_says_of_its_run_what_the_batch_does(batch):
    found, said = read_report([ctrf_report(batch)]), batch.record
    same = ("name", "source", "branch", "commit", "started_at", "finished_at")
    for name in same:
        assert getattr(found, name) == getattr(said, name), name


def test_squad_gets_the_last_attempt_of_each_test(batch):
    tests = json.loads(squad_run(batch).tests)
    last = {squad_name(one): one for one in batch.results}
    assert len(tests) == len({one.key for one in batch.results}) == CASES
    words = {
        name: one["result"] if isinstance(one, dict) else one
        for name, one in tests.items()
    }
    assert words == {
        name: "pass" if one.status is Status.PASSED else "fail"
        for name, one in last.items()
    }
    assert len({name.partition("/")[0] for name in tests}) == 12


@pytest.mark.django_db
def test_sql_by_hand_says_what_the_metrics_say():
    begun = now().replace(hour=0, minute=0, second=0, microsecond=0)
    for number in range(2):
        restless_project(number, begun - timedelta(days=200))
    # With results after it, too.
    until, answers = begun - timedelta(days=4), Counter()
    for asked in by_hand.questions(until):
        assert not by_hand.differences(asked, until), asked.text
        answers[asked.text] += len(asked.metric())
    assert all(answers.values()), answers


def restless_project(number, since):
    """200 days in which everything happens: breakages, flakes, repeats, whole commits."""
    dice = random.Random(number)
    project = factories.make_project()
    store = ProjectStore(project)
    for run in range(100):
        at = since + timedelta(days=2 * run, hours=dice.randrange(24))
        results = [one for case in range(14) for one in attempts(case, at, dice)]
        record = RunRecord(
            external_id=f"{run}",
            name="Nightly",
            status=RunStatus.PASSED,
            configuration=dice.choice(("Chrome", "Firefox", "")),
            branch=dice.choice(("main", "main", "other")),
            commit=dice.choice((f"{run // 5:040x}", "")),
            started_at=at,
            finished_at=at + timedelta(hours=1),
        )
        store.store(Batch(record=record, results=results))


def attempts(case, at, dice):
    """Of a case that fails the more the higher its number; the last one is final."""
    fails = (case / 16) ** 2
    words = [Status.FAILED if dice.random() < fails else Status.PASSED]
    while dice.random() < 0.08:
        words.append(dice.choice((Status.PASSED, Status.FAILED, Status.SKIPPED)))
    for number, word in enumerate(words):
        yield ResultRecord(
            key=f"case {case}",
            name=f"Case {case}",
            status=word,
            raw_status=str(word),
            executed_at=at + timedelta(minutes=case, seconds=number),
            duration_ms=dice.choice((None, dice.randrange(10_000))),
            message=f"Expected {at}" if word is Status.FAILED and case % 2 else "",
            is_marked_retry=number > 0 and case % 3 == 0,
        )
