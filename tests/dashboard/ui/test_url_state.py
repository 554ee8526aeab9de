"""Parameters beside the filters are declared once and read the same on all pages."""

from __future__ import annotations

import pytest
from django.http import QueryDict

from dashboard.filters import Accepts
from dashboard.filters.parameters import (
    Parameter,
    number,
    one_of,
    read_parameters,
    window_days,
    written,
)
from dashboard.ui.url_state import read_state

DECLARED = (
    Parameter("kind", one_of(("new", "old")), None),
    Parameter("find", str),
    Parameter("window", window_days, None, write="{}d".format),
    Parameter("page", number, 1),
)
DEFAULTS = {"kind": None, "find": "", "window": None, "page": 1}


def test_what_is_read_is_written_the_same_in_the_order_of_the_declaration():
    query = QueryDict("page=7&window=30d&find=a%26b&kind=old&page=8")
    values, problems = read_parameters(query, DECLARED)
    assert not problems
    assert values == {"kind": "old", "find": "a&b", "window": 30, "page": 8}
    pairs = written(values, DECLARED)
    assert pairs == [
        ("kind", "old"),
        ("find", "a&b"),
        ("window", "30d"),
        ("page", "8"),
    ]
    assert written(DEFAULTS, DECLARED) == []


@pytest.mark.parametrize(
    ("query", "name", "part"),
    [
        ("kind=odd", "kind", "none of new, old"),
        ("find=a%00", "find", "NUL"),
        ("kind=new%00", "kind", "NUL"),
        ("window=30", "window", "such as 30d"),
        ("window=99999d", "window", "such as 30d"),
        ("page=0", "page", "not a number"),
        ("page=²", "page", "not a number"),
        (f"page={2**63}", "page", "not a number"),
        (f"page={'9' * 10_000}", "page", "not a number"),
    ],
)
def test_what_cannot_be_read_has_its_default_and_a_short_problem(query, name, part):
    values, problems = read_parameters(QueryDict(query), DECLARED)
    assert values == DEFAULTS
    assert [problem.name for problem in problems] == [name]
    assert part in problems[0].sentence
    assert len(problems[0].sentence) < 200


def test_empty_parameters_of_a_form_say_nothing():
    values, problems = read_parameters(QueryDict("kind=&page=&find="), DECLARED)
    assert (values, problems) == (DEFAULTS, ())


@pytest.mark.django_db
def test_a_page_leaves_out_of_its_address_what_it_cannot_read():
    own = (*DECLARED, "view")
    query = QueryDict("page=0&kind=new&view=x&theme=dark&case=3&odd=1")
    state = read_state("/x/", query, Accepts(), own=own, pinned={"project": (4,)})
    assert state.own == {"kind": "new", "view": "x"}
    assert {problem.name for problem in state.problems} >= {"page", "odd"}
    assert "theme" not in {problem.name for problem in state.problems}
