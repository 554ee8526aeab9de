"""The sentences of what people did."""

from __future__ import annotations

import pytest

from dashboard.models import ActKind
from dashboard.ui.parts import Piece
from dashboard.ui.text.audit_log import act_sentence


def told(
    kind: str, before: dict[str, object], after: dict[str, object], today: int = 0
) -> str:
    pieces, detail = act_sentence(
        kind,
        Piece(text="it"),
        before,
        after,
        moment=lambda at: f"{at:%H:%M}" if at.day == today else f"{at:%-d %b %H:%M}",
        most=12,
    )
    did = "".join(piece.text for piece in pieces)
    return f"{did} ({detail})" if detail else did


TESTS = [
    {"case": 1, "name": "A", "project": "iOS"},
    {"case": 2, "name": "B", "project": "Web"},
]
MUTED = {"until": "2026-12-03T00:00:00+00:00", "reason": "sandbox"}


@pytest.mark.parametrize(
    ("kind", "before", "after", "sentence"),
    [
        (
            "branch",
            {},
            {"branch": "main"},
            "let runs on “main” alone count for it (all branches counted before)",
        ),
        (
            "branch",
            {"branch": "main"},
            {},
            "let runs on all branches count for it (was “main”)",
        ),
        ("alias", {}, {"counts_as": "B"}, "let it count as “B”"),
        (
            "alias",
            {"counts_as": "B"},
            {},
            "let it count as itself (counted as “B” before)",
        ),
        (
            "judgement",
            {},
            {"verdict": "kept", "reason": ""},
            "put it back into flakiness",
        ),
        (
            "judgement",
            {"verdict": "kept", "reason": "r"},
            {"verdict": "excluded", "reason": "x"},
            "excluded it from flakiness (x; was put back: r)",
        ),
        ("note", {}, {"owner": "Ada"}, "wrote a note on it (owner “Ada”)"),
        (
            "note",
            {"owner": "Ada", "text": "t"},
            {"owner": "Jo"},
            "changed the note of it (owner “Jo”, was “Ada”; note was “t”)",
        ),
        (
            "note",
            {"text": "a text of many letters"},
            {},
            "emptied the note of it (note was “a text of m…”)",
        ),
        ("mute", {}, MUTED, "muted it until 3 Dec (sandbox)"),
        (
            "mute",
            MUTED,
            MUTED | {"reason": "bank"},
            "changed the mute of it to 3 Dec (bank; was muted until 3 Dec: sandbox)",
        ),
        ("mute", MUTED, {}, "unmuted it (was muted until 3 Dec: sandbox)"),
        ("same", {}, {"with": TESTS}, "linked it to “A” (iOS), “B” (Web)"),
        ("same", {"with": TESTS}, {"with": TESTS[:1]}, "unlinked it from “B” (Web)"),
        ("apart", {}, TESTS[0], "told it apart from “A” (iOS)"),
        ("apart", TESTS[0], {}, "took back that it is another test than “A” (iOS)"),
        (
            "join",
            {"name": "RC"},
            {"name": "v2"},
            "joined it to “v2” (was part of “RC”)",
        ),
        ("split", {"name": "v2"}, {"name": "RC"}, "split it off “v2”"),
        ("split", {}, {"name": "RC"}, "split it off as a milestone of its own"),
        (
            "start",
            {},
            {"values": {"testId": "t1", "tests": ["a", "b"], "configs": {"c": 1}}},
            'started a run of it (testId t1; tests a, b; configs {"c": 1})',
        ),
        (
            "rerun",
            {},
            {"values": {"rerun": "UkxK", "only": "failed"}},
            "ran what failed in it again",
        ),
        ("rerun", {}, {"values": {"rerun": "UkxK", "only": "all"}}, "ran it again"),
        (
            "change",
            {"name": "7", "milestones": ["v1"]},
            {"name": "8", "milestones": []},
            "changed it at its tool (name “8”, was “7”; milestone none)",
        ),
        ("close", {}, {"closed": True}, "closed it at its tool"),
        (
            "new_test",
            {},
            {"values": {"name": "Pay"}},
            "made a test of it at its tool (name Pay)",
        ),
    ],
)
def test_every_act_is_told_in_a_sentence(kind, before, after, sentence):
    assert told(kind, before, after) == sentence


def test_a_milestone_that_was_joined_whole_was_part_of_nothing_else():
    _, detail = act_sentence(
        "join",
        Piece(text="“RC”"),
        {"name": "RC"},
        {"name": "v2"},
        moment=str,
        most=99,
    )
    assert detail == ""


def test_every_kind_of_act_has_a_sentence():
    for kind in ActKind:
        said = {"verdict": "kept", "name": "x", "project": "p", "case": 1, **MUTED}
        assert told(kind, {}, said | {"with": TESTS})


def test_a_name_cannot_take_the_place_of_what_the_act_is_about():
    assert told("branch", {}, {"branch": "{it}"}).startswith("let runs on “{it}” alone")


def test_a_mute_that_ends_today_is_told_by_its_day():
    assert told("mute", {}, MUTED, today=3) == "muted it until today (sandbox)"
