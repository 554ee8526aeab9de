"""What a person says of a run: excluded, an outage after all."""

from __future__ import annotations

import pytest

from dashboard.metrics.flaky import is_left_out
from dashboard.models import RunJudgement
from ingest.models import Project, Run
from tests.dashboard.page_reader import form_of, logged_in, person, text_of
from tests.dashboard.pages.runs.parts import (
    page_of,
)
from tests.factories import (
    make_results,
    make_run,
)

pytestmark = pytest.mark.django_db


def judged(client, run, **fields):
    return text_of(client.post(page_of(run, "judge/"), fields, follow=True))


def test_an_outage_is_put_back_and_left_out_again_with_who_and_why(project, get):
    run = make_run(project, is_outage=True, status="failed")
    make_results(run, "F" * 20)
    mara = logged_in(person("mara"))
    page = text_of(mara.get(page_of(run)))
    assert "This run counts as an outage." in page
    form = form_of(page, page_of(run, "judge/"))
    assert form.fields == {"verdict": "kept", "reason": "", "expected_version": "0"}
    said = judged(mara, run, verdict="kept", reason="A real regression")
    assert "mara put this outage back just now." in said
    assert "A real regression. Flakiness goes by it" in said
    assert Run.objects.filter(is_left_out()).count() == 0
    row = get(f"/api/v1/runs/{run.pk}/")
    assert '"outage":true' in row
    assert '"excluded":false' in row
    form = form_of(said, page_of(run, "judge/"))
    assert form.fields.keys() == {"verdict", "expected_version"}
    assert form.fields["verdict"] == "rule"
    assert "This run counts as an outage." in judged(mara, run, **form.fields)


def test_a_run_is_excluded_with_a_reason_and_taken_back_in(project, get):
    run = make_run(project)
    make_results(run, "PF")
    version = Project.objects.get(pk=project.pk).version
    mara = logged_in(person("mara"))
    refused = judged(mara, run, verdict="excluded", reason="  ")
    assert "Say why, for those who wonder later." in refused
    assert not RunJudgement.objects.exists()
    said = judged(mara, run, verdict="excluded", reason="Disk was full")
    assert "mara excluded this run just now." in said
    assert "Disk was full. It is left out of flakiness" in said
    assert Project.objects.get(pk=project.pk).version == version + 1
    assert '"excluded":true' in get(f"/api/v1/runs/{run.pk}/")
    assert ">excluded</span>" in get("/runs/")
    judged(mara, run, verdict="rule")
    assert not RunJudgement.objects.exists()
    assert Project.objects.get(pk=project.pk).version == version + 2


def test_what_cannot_be_said_of_a_run_is_refused(project):
    run = make_run(project)
    mara = logged_in(person("mara"))
    assert "This run is no outage" in judged(mara, run, verdict="kept")
    assert "Choose what to do" in judged(mara, run, verdict="perhaps")
    assert mara.get(page_of(run, "judge/")).status_code == 405
    assert mara.post("/runs/999999/judge/").status_code == 404
    assert not RunJudgement.objects.exists()


def test_readers_have_no_form_to_judge_and_manual_runs_only_that_of_every_number(
    project, client, get
):
    person()
    run, manual = make_run(project, is_outage=True), make_run(project, kind="manual")
    make_results(run, "F" * 20)
    assert "This run counts as an outage." in get(page_of(run))
    assert "judge/" not in get(page_of(run))
    answer = client.post(page_of(run, "judge/"), {"verdict": "kept"})
    assert answer.headers["Location"].startswith("/login/")
    assert not RunJudgement.objects.exists()
    mara = logged_in(person("mara 2"))
    assert "judge/" in text_of(mara.get(page_of(run)))
    form = form_of(text_of(mara.get(page_of(manual))), page_of(manual, "judge/"))
    assert form.fields["verdict"] == "uncounted"
    refused = judged(mara, manual, verdict="excluded", reason="By mistake")
    assert "Manual runs are left out of flakiness anyway." in refused


def test_a_run_is_excluded_from_every_number_and_from_flakiness_alone_again(
    project, get
):
    run = make_run(project, is_outage=True)
    make_results(run, "F" * 20)
    version = Project.objects.get(pk=project.pk).version
    mara = logged_in(person("mara"))
    page = text_of(mara.get(page_of(run)))
    assert 'name="verdict" value="uncounted"' in page
    refused = judged(mara, run, verdict="uncounted", reason="")
    assert "Say why, for those who wonder later." in refused
    said = judged(mara, run, verdict="uncounted", reason="Disk was full")
    assert "mara excluded this run from every number just now." in said
    assert "Disk was full. It counts nowhere" in said
    assert "excluded it from every number" in said
    assert Project.objects.get(pk=project.pk).version == version + 1
    row = get(f"/api/v1/runs/{run.pk}/")
    assert '"excluded":true' in row
    again = form_of(said, page_of(run, "judge/"))
    assert again.fields["verdict"] == "rule"
    assert "This run counts as an outage." in judged(mara, run, **again.fields)
