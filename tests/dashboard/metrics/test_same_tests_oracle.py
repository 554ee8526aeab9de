"""Who may be the same test, against a plain-Python twin that looks at every pair."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from fractions import Fraction

import pytest
from django.db import connection, transaction
from hypothesis import example, given
from hypothesis import strategies as st

from dashboard.metrics.same_tests import (
    Alike,
    candidates,
    match_score,
    word_shares,
    words_of,
)
from ingest.models import Case, Project
from tests import factories
from tests.dashboard.metrics import histories
from tests.dashboard.metrics.oracle import same_tests as twin
from tests.dashboard.metrics.oracle.same_tests import Named

PLURAL = ("login", "order", "cart", "coupon", "invoice", "refund")
CONTENT = (*PLURAL, "größe", "ändern", "café", "v2", "3")
EMPTY = ("the", "a", "of", "and", "to", "with", "test", "verify", "check", "Tests")
GLUE = (" ", " ", "_", "-", ": ", " / ", "::", "'", ".")


@st.composite
def phrases(draw: st.DrawFn, least: int = 1) -> str:
    """Words as people write them: in a sentence, in snakes, in camels, in plurals."""
    seed = draw(st.randoms(use_true_random=True))
    said = seed.choices(CONTENT * 3 + EMPTY, k=seed.randint(least, 7))
    said = [word + "s" * (word in PLURAL and seed.random() < 0.2) for word in said]
    if seed.random() < 0.2:
        return "".join(word.capitalize() for word in said)
    glue = seed.choice(GLUE)
    return glue.join(seed.choice([word, word.title()]) for word in said)


# Rare, of one percent, and of no even part of it.
SHARES = {
    "login": Fraction(1, 100),
    "order": Fraction(1, 7),
    "cart": Fraction(1, 300),
    "refund": Fraction(1),
}
PLAIN = {word: float(share) for word, share in SHARES.items()}

BY_HAND = {
    "the same": ("Pay by card", "", "Pay by card", "", 1.0),
    "case, glue and plural": ("PayByCards", "", "pay-by_card", "", 1.0),
    # 2·2 / (2 + 4)
    "letters of any language": ("caféÖffnen", "", "Café öffnen", "", 1.0),
    "half of it": ("cart coupon", "", "cart coupon invoice login", "", 2 / 3),
    "says nothing": ("Verify the cart", "", "test cart", "", 1.0),
    "nothing else": ("Check the test", "", "check THE tests", "", 1.0),
    # 0.8 · 1 + 0.2 · 0; without a folder the names alone count.
    "folders apart": ("cart", "shop", "cart", "backend", 0.8),
    "no folder": ("cart", "", "cart", "backend", 1.0),
    "folders half alike": ("cart", "shop / one", "cart", "shop / two", 0.9),
}


@pytest.mark.parametrize(
    ("name", "folder", "other", "other_folder", "wanted"), BY_HAND.values()
)
def test_hand_drawn_names_match_as_worked_out_by_hand(
    name, folder, other, other_folder, wanted
):
    one, another = Named(1, 1, name, folder), Named(2, 2, other, other_folder)
    assert float(twin.score(one, another, {})) == pytest.approx(wanted)
    assert match_score(name, folder, other, other_folder) == pytest.approx(wanted)


def test_a_word_of_a_hundredth_of_all_tests_weighs_half():
    shares = {"cart": 0.01}
    # 2 · ½ / (½ + ½ + 1)
    assert match_score("cart", "", "cart coupon", "", shares) == pytest.approx(0.5)


@histories.some(60)
@given(phrases(), phrases(0), phrases(), phrases(0))
@example("cart " * 99 + "cart coupon", "", "cart coupon", "")
@example("cart " * 99 + "coupon", "", "cart coupon", "")
def test_random_names_match_as_their_words_say(name, folder, other, other_folder):
    assert words_of(name) == twin.words(name)
    one, another = Named(1, 1, name, folder), Named(2, 2, other, other_folder)
    wanted = twin.score(one, another, SHARES)
    found = match_score(name, folder, other, other_folder, PLAIN)
    assert found == pytest.approx(float(wanted), abs=1e-9)


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["caféBar", "ändernÄndern", "v2", "Größe_Ändern-3x"])
def test_a_name_of_any_letters_finds_itself_in_another_tool(name):
    case, other = (
        factories.make_case(factories.make_project(), name) for _ in range(2)
    )
    assert [row.case for row in candidates(case, {})] == [other.pk]


# Each with the test whose name it is offered for, in the same folder or in none.
OFFERED = {
    # 2·3 / (4 + 4) is just enough, 2·4 / (5 + 6) is 0.727; with the folder 0.78.
    "three of four": ("one two three four", "five three two one", "", True),
    "four of five": ("one two three four five", "1 2 one two three four", "", False),
    "with the folder": ("one two three four five", "1 2 one two three four", "x", True),
    # 2·4 / (4 + 7) with the folder: only the short words are shared.
    "short words": ("aa bb cc dd eeeeee ffffff gggggg", "aa bb cc dd", "x", True),
}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "other_name", "folder", "is_offered"), OFFERED.values()
)
def test_a_test_is_offered_from_three_quarters_up(name, other_name, folder, is_offered):
    case, other = (
        factories.make_case(factories.make_project(), called, folder=folder)
        for called in (name, other_name)
    )
    for one, another in ((case, other), (other, case)):
        found = [row.case for row in candidates(one, {})]
        assert found == [another.pk] * is_offered
        twins = twin.candidates(named(one), [named(another)], {})
        assert list(twins) == found


@st.composite
def worlds(draw: st.DrawFn) -> list[tuple[int, str, str]]:
    """Tests of four projects, which are mostly variations of the first one."""
    seed = draw(st.randoms(use_true_random=True))
    root = draw(phrases(3)).split()
    folder = seed.choice(["", "shop", "shop / login"])
    made = [(0, " ".join(root), folder)]
    for _ in range(seed.randint(2, 9)):
        own = list(root)
        seed.shuffle(own)
        for _ in range(seed.choice([0, 0, 1, 1, 2])):
            change = seed.choice(CONTENT + EMPTY)
            own = seed.choice([[*own, change], own[1:], [change, *own[1:]]])
        where = seed.choice([folder, folder, "", "backend", "shop / refunds"])
        made.append((seed.choice([0, 1, 1, 2, 2, 3]), " ".join(own) or "x", where))
    return made


@pytest.mark.django_db
@histories.some(40)
@given(
    worlds(),
    st.sampled_from([{}, SHARES, SHARES]),
    st.integers(0, 9),
    st.sampled_from([(), (), (2,)]),
)
def test_random_tests_are_offered_those_that_match_best(world, shares, out, grouped):
    with transaction.atomic():
        projects = [factories.make_project() for _ in range(4)]
        rows = [
            Case.objects.get(pk=made.pk)
            for number, (project, name, folder) in enumerate(world)
            for made in [
                factories.make_case(
                    projects[project], name, key=str(number), folder=folder
                )
            ]
        ]
        settled = [row.pk for row in rows[out : out + 1] if row is not rows[0]]
        groups = [projects[number].pk for number in grouped]
        plain = {word: float(share) for word, share in shares.items()}
        found = candidates(rows[0], plain, settled, groups)
        every = [named(row) for row in rows]
        wanted = twin.candidates(every[0], every[1:], shares, settled, groups)
        assert {row.case: row.score for row in found} == {
            case: pytest.approx(float(points), abs=1e-9)
            for case, points in wanted.items()
        }
        assert all(of_row(row) in every for row in found)
        scores = [row.score for row in found]
        assert scores == sorted(scores, reverse=True)
        transaction.set_rollback(True)


def named(row: Case) -> Named:
    return Named(row.pk, row.project_id, row.name, row.folder)


def of_row(row: Alike) -> Named:
    return Named(row.case, row.project, row.name, row.folder)


@pytest.mark.django_db
def test_shares_of_words_are_of_three_thousand_tests_where_there_are_fewer():
    project = factories.make_project()
    named_so = ["login cart", "login order", "login orders", "refund", "The cart"] * 8
    store(project, named_so)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE ingest_case")
    found = word_shares()
    count = Counter(word for name in named_so for word in twin.words(name))
    told = {word: share for word, share in found.items() if word in count}
    assert told == {word: pytest.approx(n / 3000) for word, n in count.items()}


def store(project: Project, names: Iterable[str]) -> None:
    for number, name in enumerate(names):
        factories.make_case(project, name, key=str(number))
