"""Histories drawn by hand, each with the numbers that were worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.dashboard.metrics.histories import Row, RunPlan, drawn


def on(commit: str, plans: list[RunPlan], *numbers: int) -> list[RunPlan]:
    """The same runs, with those of these numbers made from the commit."""
    return [
        replace(plan, commit=commit) if number in numbers else plan
        for number, plan in enumerate(plans)
    ]


def some_with(plans: list[RunPlan], number: int, **values: Any) -> list[RunPlan]:
    """The same runs, with values of one of them replaced."""
    return [replace(p, **values) if n == number else p for n, p in enumerate(plans)]


# k, n, flips, pairs, expected flips, evidence, attempts whose time was lost.
FLAKY = {
    "a failure in the middle, another at the end": (
        drawn("P P F P F"),
        (1, 4, 3, 4, 2 * 0.6 * 0.4 * 4, "suspected", 1),
    ),
    "two failures in a row are one event": (
        drawn("P F F P"),
        (1, 4, 2, 3, 1.5, "suspected", 2),
    ),
    "an error is a failure too": (
        drawn("P F E P"),
        (1, 4, 2, 3, 1.5, "suspected", 2),
    ),
    "three in a row are a breakage": (
        drawn("P F F F P"),
        (0, 2, 2, 4, 2 * 0.4 * 0.6 * 4, None, 0),
    ),
    "failures at the beginning stay in the exposure": (
        drawn("F F P P"),
        (0, 4, 1, 3, 1.5, None, 0),
    ),
    "even three of them": (
        drawn("F F F P"),
        (0, 4, 1, 3, 2 * 0.25 * 0.75 * 3, None, 0),
    ),
    "one failure alone is at the end": (drawn("F"), (0, 0, 0, 0, 0, None, 0)),
    "nothing but failures": (drawn("F F"), (0, 0, 0, 1, 0, None, 0)),
    "a retry that passed": (
        drawn("P FP P"),
        (1, 3, 0, 2, 0, "suspected", 2),
    ),
    "a retry that failed is not an isolated failure as well": (
        drawn("P PF P"),
        (1, 3, 2, 2, 2 * (1 / 3) * (2 / 3) * 2, "suspected", 1),
    ),
    "nor is the streak that it belongs to": (
        drawn("P F PF P"),
        (1, 4, 2, 3, 1.5, "suspected", 1),
    ),
    "a mixed run counts in a breakage": (
        drawn("P PF"),
        (1, 2, 1, 1, 0.5, "suspected", 1),
    ),
    "and in the middle of one": (
        drawn("P F F PF F P"),
        (1, 3, 2, 5, 2 * (1 / 3) * (2 / 3) * 5, "suspected", 1),
    ),
    "an undecided final leaves the event": (
        drawn("P FPS P"),
        (1, 3, 0, 1, 0, "suspected", 3),
    ),
    "which may be all that there is": (
        drawn("FPS"),
        (1, 1, 0, 0, 0, "suspected", 3),
    ),
    "and does not belong to the streak around it": (
        drawn("P F PFS F P"),
        (2, 5, 2, 3, 1.5, "suspected", 4),
    ),
    "attempts that agree are no mixed run": (
        drawn("P FF P"),
        (1, 3, 2, 2, 2 * (1 / 3) * (2 / 3) * 2, "suspected", 2),
    ),
    "an undecided first attempt cost nothing, the second did": (
        drawn("P SF P"),
        (1, 3, 2, 2, 2 * (1 / 3) * (2 / 3) * 2, "suspected", 1),
    ),
    "undecided results are not in the series": (
        drawn("P S F B P"),
        (1, 3, 2, 2, 2 * (1 / 3) * (2 / 3) * 2, "suspected", 1),
    ),
    "one commit that passed and failed": (
        on("c1", drawn("P F"), 0, 1),
        (1, 2, 1, 1, 0.5, "proven", 1),
    ),
    "one commit that proves what was counted already": (
        on("c1", drawn("P F P"), 0, 1),
        (1, 3, 2, 2, 2 * (1 / 3) * (2 / 3) * 2, "proven", 1),
    ),
    "one commit in a breakage brings back its own runs only": (
        on("c1", drawn("P F F F P"), 0, 2),
        (1, 3, 2, 4, 2 * 0.4 * 0.6 * 4, "proven", 1),
    ),
    "one commit on two branches": (
        on("c1", some_with(drawn("P F"), 1, branch="dev"), 0, 1),
        (1, 2, 0, 0, 0, "proven", 1),
    ),
    "one commit in two configurations": (
        on("c1", some_with(drawn("P F"), 1, configuration="Firefox"), 0, 1),
        (0, 1, 0, 0, 0, None, 0),
    ),
    "one commit in a configuration and its alias": (
        on(
            "c1",
            some_with(
                drawn("P F", configuration="Chrome"), 1, configuration="Chrome 2"
            ),
            0,
            1,
        ),
        (1, 2, 1, 1, 0.5, "proven", 1),
    ),
    "two commits": (
        on("c2", on("c1", drawn("P F P F F F"), 0, 1), 2, 3),
        (2, 4, 3, 5, 2 * (1 / 3) * (2 / 3) * 5, "proven", 2),
    ),
    "two branches never mix": (
        some_with(drawn("P F P"), 1, branch="dev"),
        (0, 2, 0, 1, 0, None, 0),
    ),
    "a manual run is left out": (
        some_with(drawn("P F P"), 1, kind="manual"),
        (0, 2, 0, 1, 0, None, 0),
    ),
    "a removed run too": (
        some_with(drawn("P F P"), 1, is_removed=True),
        (0, 2, 0, 1, 0, None, 0),
    ),
    "and one that a person excluded": (
        some_with(drawn("P F P"), 1, verdict="excluded"),
        (0, 2, 0, 1, 0, None, 0),
    ),
    "and an outage: 16 of 20 with this one": (
        some_with(drawn("P F P"), 1, crowd=(4, 15)),
        (0, 2, 0, 1, 0, None, 0),
    ),
    "but not one that was put back": (
        some_with(drawn("P F P"), 1, crowd=(4, 15), verdict="kept"),
        (1, 3, 2, 2, 2 * (1 / 3) * (2 / 3) * 2, "suspected", 1),
    ),
    "nor 15 of 19": (
        some_with(drawn("P F P"), 1, crowd=(4, 14)),
        (1, 3, 2, 2, 2 * (1 / 3) * (2 / 3) * 2, "suspected", 1),
    ),
    "equal times go by the tool's id of the run": (
        [
            RunPlan(external_id=name, hours=1, rows=(Row(0, letter),))
            for name, letter in {"c": "P", "a": "P", "b": "F"}.items()
        ],
        (1, 3, 2, 2, 2 * (1 / 3) * (2 / 3) * 2, "suspected", 1),
    ),
}
