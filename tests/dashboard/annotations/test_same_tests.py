"""The same test in several tools: how alike names are, who is offered, what is linked."""

from __future__ import annotations

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.annotations import same_tests
from dashboard.annotations.same_tests import CannotLink, ask_again, tell_apart, unlink
from dashboard.metrics.same_tests import (
    CANDIDATES,
    LEAST_SCORE,
    MOST_READ,
    Alike,
    best_of_each,
    candidates,
    match_score,
    members_of,
    prefilter,
    similarity,
    told_apart,
    weight,
    word_shares,
    words_of,
)
from dashboard.models import CaseGroup, GroupedCase, OtherCase
from ingest.models import Case, Project
from tests import factories

NAME = "Pay with saved card after 3-D Secure challenge"
SAME = "Pays with a saved card after the 3-D Secure challenge"
NAMES = st.text(
    st.sampled_from("abcdeS éß_-./'12 "), min_size=0, max_size=40
) | st.sampled_from([NAME, SAME, "testCheckoutWithCard", "a" * 600, "ß" * 500])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Pay with a saved card", {"pay", "saved", "card"}),
        ("testPayWithSavedCard", {"pay", "saved", "card"}),
        ("test_pay-with.saved/cards", {"pay", "saved", "card"}),
        ("Verify that the user can not log in", {"user", "not", "log"}),
        ("with the", {"with", "the"}),
        ("Größe ÄNDERN", {"größe", "ändern"}),
        ("passes, class", {"passe", "class"}),
        ("🛒 !", set()),
    ],
)
def test_words_are_lowered_parted_and_freed_of_fillers(text, words):
    assert words_of(text) == words


def test_similarity_weighs_shared_words_against_all():
    assert similarity({"pay", "card"}, {"pay", "card"}, {}) == 1
    assert similarity({"pay", "card"}, {"pay", "cash"}, {}) == 0.5
    assert similarity({"pay", "card"}, {"refund"}, {}) == 0
    assert similarity(set(), set(), {}) == 0


def test_a_word_of_one_case_in_a_hundred_weighs_half():
    assert weight(["rare", "usual"], {"usual": 0.01}) == 1.5
    shares = {"shows": 0.09, "list": 0.09}
    one, other = {"shows", "list", "invoice"}, {"shows", "list", "parcel"}
    # 2 · 0.2 / (2 · 1.2): what both share is said everywhere.
    assert similarity(one, other, shares) == pytest.approx(0.4 / 2.4)


def test_folders_make_a_fifth_of_the_score_where_both_have_one():
    assert match_score("Pay", "Cards", "Pay", "Cards") == 1
    assert match_score("Pay", "Cards", "Pay", "Cash") == pytest.approx(0.8)
    assert match_score("Pay", "Cards", "Pay", "") == 1
    assert match_score("Pay", "Cards", "Refund", "Cards") == pytest.approx(0.2)


@given(NAMES, NAMES, NAMES, NAMES)
@settings(max_examples=60)
def test_a_score_is_between_0_and_1_and_the_same_both_ways(a, b, c, d):
    score = match_score(a, b, c, d)
    assert 0 <= score <= 1
    assert score == match_score(c, d, a, b)


def alike(case: int, project: int, score: float) -> Alike:
    return Alike(case=case, project=project, name="", folder="", score=score)


def test_only_the_single_best_of_a_project_is_offered():
    found = best_of_each(
        [
            alike(1, 1, 0.9),
            alike(2, 1, 0.8),
            alike(3, 2, 0.8),
            alike(4, 2, 0.8),
            alike(5, 3, 0.95),
        ]
    )
    assert [one.case for one in found] == [5, 1]


@pytest.fixture
def tools(db):
    """Three projects in two tools."""
    testmo = factories.make_connection(vendor="testmo")
    testomatio = factories.make_connection(vendor="testomatio")
    return [
        factories.make_project(testmo, name="Shop"),
        factories.make_project(testomatio, name="iOS"),
        factories.make_project(testomatio, name="Android"),
    ]


def offered(case: Case) -> list[str]:
    members = members_of(case.pk)
    pairs = told_apart(case)
    return [
        one.name
        for one in candidates(
            case,
            word_shares(),
            settled={pk for pair in pairs for pk in (pair.first_id, pair.second_id)},
            projects={one.case.project_id for one in members},
        )
    ]


def test_a_test_of_almost_the_same_name_in_another_project_is_offered(tools):
    shop, ios, android = tools
    case = factories.make_case(shop, NAME)
    factories.make_case(ios, SAME)
    factories.make_case(android, "payWithSavedCardAfter3DSecureChallenge")
    factories.make_case(android, "Log in with a passkey")
    factories.make_case(shop, f"{NAME} twice")
    assert offered(case)[0] == SAME
    assert "Log in with a passkey" not in offered(case)
    assert f"{NAME} twice" not in offered(case)


@pytest.mark.django_db
@given(st.lists(NAMES, min_size=1, max_size=6), NAMES)
@settings(max_examples=40, deadline=None)
def test_the_index_finds_all_that_are_alike_enough(names, name):
    """Against a look at every case, where folders could not help."""
    shop = factories.make_project()
    case = factories.make_case(shop, name, folder="")
    for number, other in enumerate(names):
        project = factories.make_project(shop.connection)
        factories.make_case(project, other, key=f"k{number}", folder="")
    expected = {
        other.pk
        for other in Case.objects.exclude(project=shop)
        if match_score(name, "", other.name, "") >= LEAST_SCORE
    }
    found = {one.case for one in candidates(case, {})}
    Project.objects.all().delete()
    assert found == expected


def test_words_that_stand_in_many_names_do_not_make_tests_alike(tools):
    shop, ios, _ = tools
    for number in range(60):
        factories.make_case(ios, f"exports the noun{number} as a CSV table")
        factories.make_case(shop, f"exports the other{number} as a CSV table")
    Case.objects.bulk_create(
        Case(
            project=shop,
            key=f"k{number}",
            key_hash=factories.key_hash(f"k{number}"),
            name=f"exports the thing{number} as a CSV table",
            first_seen_at=factories.NOW,
            last_seen_at=factories.NOW,
        )
        for number in range(3000)
    )
    case = factories.make_case(shop, "exports the invoice as a CSV table")
    only = factories.make_project(ios.connection)
    factories.make_case(only, "exports the parcel as a CSV table")
    assert offered(case)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE ingest_case")
    assert word_shares()["csv"] > 0.9
    assert offered(case) == []


def test_the_prefilter_asks_for_the_rarest_words_first():
    asked = prefilter({"exports", "csv", "invoice"}, {"exports": 0.5, "csv": 0.5})
    assert asked == "'invoice':*"
    assert prefilter(set(), {}) == ""


def test_the_index_is_used(tools):
    shop, *_ = tools
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        asked = prefilter(words_of(NAME), {})
        cursor.execute(f"EXPLAIN {CANDIDATES}", [asked, shop.pk, MOST_READ])
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "ingest_case_words" in plan


def versions(*projects: Project) -> list[int]:
    return [Project.objects.get(pk=project.pk).version for project in projects]


def test_a_link_makes_a_group_says_who_and_raises_the_versions(tools):
    shop, ios, android = tools
    before = versions(*tools)
    one, two = factories.make_case(shop, NAME), factories.make_case(ios, SAME)
    same_tests.link(one, two, by="mara")
    assert [member.case for member in members_of(one.pk)] == [one, two]
    assert {member.by for member in members_of(two.pk)} == {"mara"}
    assert versions(shop, ios) == [before[0] + 1, before[1] + 1]
    assert versions(android) == before[2:]
    assert offered(one) == []


def test_linking_members_of_two_groups_makes_one_group(tools):
    shop, ios, android = tools
    web = factories.make_project(shop.connection)
    cases = [factories.make_case(p, NAME) for p in (shop, ios, android, web)]
    same_tests.link(cases[0], cases[1], by="mara")
    same_tests.link(cases[2], cases[3], by="joris")
    same_tests.link(cases[1], cases[2], by="ada")
    assert CaseGroup.objects.count() == 1
    assert {m.case_id for m in members_of(cases[3].pk)} == {c.pk for c in cases}
    assert sorted(GroupedCase.objects.values_list("by", flat=True)) == [
        *("ada", "ada"),
        *("mara", "mara"),
    ]


def test_linking_takes_back_what_told_any_two_of_the_group_apart(tools):
    cases = [factories.make_case(project, NAME) for project in tools]
    same_tests.link(cases[0], cases[2], by="mara")
    tell_apart(cases[1], cases[2], by="mara")
    same_tests.link(cases[0], cases[1], by="ada")
    assert len(members_of(cases[0].pk)) == 3
    assert not OtherCase.objects.exists()


def test_unlinking_from_a_test_of_another_group_changes_nothing(tools):
    cases = [factories.make_case(project, NAME) for project in tools]
    same_tests.link(cases[0], cases[1], by="mara")
    unlink(cases[0], cases[2], by="mara")
    assert len(members_of(cases[0].pk)) == 2


def test_a_project_has_the_same_test_once_only(tools):
    shop, ios, _ = tools
    one, twin = factories.make_case(shop, NAME), factories.make_case(shop, SAME)
    other = factories.make_case(ios, NAME)
    same_tests.link(one, other, by="mara")
    with pytest.raises(CannotLink, match="same project"):
        same_tests.link(twin, other, by="mara")
    with pytest.raises(CannotLink, match="itself"):
        same_tests.link(one, one, by="mara")
    assert GroupedCase.objects.count() == 2


def test_unlinking_the_second_last_member_ends_the_group(tools):
    cases = [factories.make_case(project, NAME) for project in tools]
    same_tests.link(cases[0], cases[1], by="mara")
    same_tests.link(cases[0], cases[2], by="mara")
    before = versions(*tools)
    unlink(cases[1], by="mara")
    assert {m.case_id for m in members_of(cases[0].pk)} == {cases[2].pk, cases[0].pk}
    unlink(cases[2], by="mara")
    assert not CaseGroup.objects.exists()
    assert not GroupedCase.objects.exists()
    assert versions(*tools) == [before[0] + 2, before[1] + 1, before[2] + 2]
    unlink(cases[2], by="mara")
    assert versions(*tools) == [before[0] + 2, before[1] + 1, before[2] + 2]


def test_what_was_told_apart_is_offered_only_when_asked_again(tools):
    shop, ios, _ = tools
    one, two = factories.make_case(shop, NAME), factories.make_case(ios, SAME)
    tell_apart(two, one, by="mara")
    tell_apart(one, two, by="ada")
    # Who says again what is said already changes nothing.
    assert OtherCase.objects.get().by == "mara"
    assert offered(one) == []
    assert offered(two) == []
    ask_again(two, one, by="mara")
    assert offered(one) == [SAME]


def test_telling_members_apart_unlinks_them_and_linking_takes_it_back(tools):
    shop, ios, _ = tools
    one, two = factories.make_case(shop, NAME), factories.make_case(ios, SAME)
    same_tests.link(one, two, by="mara")
    tell_apart(one, two, by="mara")
    assert not CaseGroup.objects.exists()
    same_tests.link(one, two, by="mara")
    assert not OtherCase.objects.exists()
    assert len(members_of(one.pk)) == 2
    tell_apart(one, one, by="mara")
    assert not OtherCase.objects.exists()
