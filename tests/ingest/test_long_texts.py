"""Texts of vendors without limit: what an index cannot hold costs nothing else."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.db import connection

from ingest.models import (
    Case,
    Configuration,
    Milestone,
    MilestoneMember,
    Reject,
    Result,
    ResultText,
    Run,
    Source,
)
from ingest.models.runs import NAME_LENGTH, label, normalised_name
from ingest.parse import LONGEST_ID, RowError, identifier
from ingest.partitions import ensure_partition
from ingest.simulator.testmo import SimulatedTestmo
from ingest.simulator.world import SimCase
from tests.ingest import small_world
from tests.ingest.served import served
from tests.ingest.tables import tables
from tests.ingest.test_odd_data import WIRES

pytestmark = pytest.mark.django_db
OUTCOMES = ["passed", "failed", "error"]


def long(what: str, letters: int = 100_000) -> str:
    """A text that no compression makes small enough for an index."""
    return what + "".join(
        random.Random(what).choices("äöüß🧪漢字abcdefghijklmnop", k=letters)
    )


def a_vendor(vendor: str) -> Any:
    """Two runs whose every name is long, and differs in its last letter only."""
    runs = []
    for number in (1, 2):
        run = small_world.run(number, OUTCOMES)
        run.name, run.tags = long("run"), ("nightly",)
        run.source, run.branch = f"{long('s')}{number}", f"{long('b')}{number}"
        run.configuration = f"{long('c')}{number}"
        run.milestone = replace(small_world.MILESTONE, name=long("m"))
        run.results = [
            replace(
                result,
                message=long("message") if result.message else "",
                case=SimCase(
                    result.case.number,
                    f"{long('case')}{result.case.number}",
                    long("folder"),
                    1000,
                ),
            )
            for result in run.results
        ]
        runs.append(run)
    world = small_world.world(vendor, runs)
    world.projects[0].milestones[:] = [runs[0].milestone]
    world.projects[0].cases[:] = [result.case for result in runs[0].results]
    if vendor not in ("qatech", "testomatio"):
        # These make the project's id of it.
        world.projects[0].name = long("project")
    return WIRES[vendor].simulator(world, relaxed=True)


@pytest.mark.parametrize("vendor", WIRES)
def test_long_texts_are_stored_and_no_run_is_lost(vendor, settings, clock):
    settings.ALLOW_PRIVATE_VENDOR_URLS = True
    with served(a_vendor(vendor)) as row:
        parent = row.sync()
        assert (parent.status, parent.error, parent.rejected) == ("ok", "", 0)
        before = tables()
        again = row.sync(is_full=True)
        assert (again.status, again.results_written) == ("ok", 0)
    assert tables() == before
    assert Run.objects.count() == 2
    assert Result.objects.count() == 2 * len(OUTCOMES)
    names = set(Case.objects.values_list("name", flat=True))
    assert {name[-1] for name in names if name.startswith("case")} >= {"1", "2", "3"}
    if vendor in ("qatech", "testifly", "testomatio"):
        # Testmo and Testably give no messages.
        assert {len(text.message) for text in ResultText.objects.all()} != {0}
    for milestone in Milestone.objects.all():
        assert milestone.name == MilestoneMember.objects.get().name == long("m")
    for model in (Source, Configuration):
        for one in model.objects.all():
            assert len(one.name) <= NAME_LENGTH


TILE = "tile 17 of 'north' missing\n"


@pytest.mark.parametrize("vendor", ["qatech", "testably", "testifly", "testomatio"])
def test_messages_of_megabytes_are_stored_whole_and_small(vendor, settings, clock):
    """Three of 2.7 MB, more than 8 MB in one answer."""
    settings.ALLOW_PRIVATE_VENDOR_URLS = True
    message, run = f"torn map\n{TILE * 100_000}", small_world.run(1, ["failed"] * 3)
    run.results = [replace(result, message=message) for result in run.results]
    run.tags = ("nightly",)
    simulator = WIRES[vendor].simulator(small_world.world(vendor, [run]), relaxed=True)

    def note(payload: Any) -> Any:
        return {
            **payload,
            "data": [{**row, "note": message} for row in payload["data"]],
        }

    if vendor == "testably":
        simulator.faults.add("/results", "edit", times=None, edit=note)
    with served(simulator) as row:
        parent = row.sync()
        assert (parent.status, parent.error, parent.rejected) == ("ok", "", 0)
        assert row.sync(is_full=True).results_written == 0
    stored = list(ResultText.objects.values_list("message", flat=True))
    assert len(stored) == 3
    # Some part the first line from the rest, or say more before it.
    assert [text.count(TILE.strip()) for text in stored] == [100_000] * 3
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(pg_column_size(message)) FROM ingest_resulttext")
        assert cursor.fetchone()[0] < 150_000


def test_messages_are_compressed_by_lz4_where_the_server_can():
    ensure_partition(date(2031, 5, 1))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT attcompression FROM pg_attribute "
            "WHERE attname = 'message' AND attrelid IN "
            "('ingest_resulttext'::regclass, 'ingest_resulttext_y2031m05'::regclass)"
        )
        methods = cursor.fetchall()
        cursor.execute(
            "SELECT 'lz4' = ANY (enumvals) FROM pg_settings "
            "WHERE name = 'default_toast_compression'"
        )
        (has_lz4,) = cursor.fetchone()
    assert methods == [("l" if has_lz4 else "",)]


def test_names_that_are_cut_are_kept_whole_and_apart(settings, clock):
    settings.ALLOW_PRIVATE_VENDOR_URLS = True
    simulator = a_vendor("testmo")
    with served(simulator) as row:
        assert row.sync().status == "ok"
    cut = [label(f"{long('s')}{number}") for number in (1, 2)]
    assert sorted(Source.objects.values_list("name", flat=True)) == sorted(cut)
    whole = Reject.objects.filter(is_stored=True, reason__startswith="source")
    assert whole.count() == 2
    assert whole[0].reason == "source is longer than 500 letters: shown cut"
    kept = {json.loads(one.payload)["source"] for one in whole}
    assert kept == {f"{long('s')}{number}" for number in (1, 2)}


def test_a_row_with_an_impossible_id_costs_itself(settings, clock):
    settings.ALLOW_PRIVATE_VENDOR_URLS = True
    world = small_world.world("testmo", [small_world.run(1, OUTCOMES)])
    simulator = SimulatedTestmo(world, relaxed=True)

    def edit(payload: Any) -> Any:
        payload["result"].append({**payload["result"][0], "id": long("id")})
        return payload

    simulator.faults.add("projects/1/milestones", "edit", times=None, edit=edit)
    with served(simulator) as row:
        parent = row.sync()
    assert parent.status == "partial"
    assert Run.objects.get().counts.total == len(OUTCOMES)
    assert Milestone.objects.get().name == small_world.MILESTONE.name
    reject = Reject.objects.get()
    assert reject.reason == "id is a text of 100002 letters, not an id"


@pytest.mark.parametrize("letters", [1, LONGEST_ID])
def test_ids_up_to_the_limit_are_ids(letters):
    assert identifier({"id": "x" * letters}, "id") == "x" * letters
    with pytest.raises(RowError, match=f"{LONGEST_ID + letters} letters"):
        identifier({"id": "x" * (LONGEST_ID + letters)}, "id")


def test_labels_fit_into_an_index_and_differ_where_the_names_do():
    names = [long("name", letters) for letters in (1, 300, 500, 501, 5000)]
    names += [f"{long('name')}{number}" for number in range(3)]
    labels = [label(name) for name in names]
    assert len(set(labels)) == len(names)
    assert [one for one in labels if len(one) > NAME_LENGTH] == []
    assert [a for a, b in zip(names, labels, strict=True) if a == b] == [
        name for name in names if len(name) <= NAME_LENGTH
    ]
    assert len(normalised_name("ß" * 400)) <= NAME_LENGTH
    assert normalised_name("V2 " + long("x")) == normalised_name("2  " + long("x"))
