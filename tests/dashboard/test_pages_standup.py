"""The stand-up page: its verdict, its doors, its Markdown, its states."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashboard.pages.standup.markdown import escaped
from dashboard.tasks import refresh_standard_figures
from ingest.masking import VERSION
from ingest.models import Connection, Milestone, Result, ResultText, Run
from tests import factories
from tests.dashboard.doors import count_of, doors, html_of, rows_of
from tests.dashboard.pages import text_of
from tests.dashboard.releases import TODAY, growing
from tests.factories import NOW

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SOME = ("newly_failing", "fixed", "newly_flaky", "milestones_at_risk", "stale")


@pytest.fixture(autouse=True)
def _public(settings):
    settings.PUBLIC_READ = True


@pytest.fixture
def project():
    tool = factories.make_connection("Testmo", vendor="testmo")
    return factories.make_project(tool, name="Web shop")


def drawn(project, letters: str, case: str, **values) -> list[Run]:
    """A result every 6 h, the last an hour ago: the last four lie in the last 24 h."""
    return factories.make_history(project, letters, case=case, **values)


def broken(project, case: str, message: str = "", signature=None) -> Run:
    run = drawn(project, "PPPPPF", case)[-1]
    if message:
        factories.make_texts(Result.objects.filter(run_id=run.pk), message)
        ResultText.objects.filter(run_id=run.pk).update(
            signature=signature, masking=VERSION
        )
    return run


def busy(project) -> None:
    """Something in every card: two tests with one cause, five alone, four mended. Four
    became flaky, whose last failure is mended too.
    """
    cause = uuid4()
    broken(project, "pays by card", "Error: the frame 17 did not load\n at a", cause)
    broken(project, "pays later", "Error: the frame 18 did not load\n at b", cause)
    for number in range(5):
        broken(project, f"alone {number}", f"Message {'x' * number}", uuid4())
    for number in range(4):
        drawn(project, "PPFFFP", f"mended {number}")
    for number in range(4):
        drawn(project, "P" * 20 + "FPPF" + "PP", f"flaky {number}", every=HOUR * 3)
    milestone = factories.make_milestone(project, "v26.12 Winter release")
    growing(project, milestone, passed_a_day=3)
    Milestone.objects.filter(pk=milestone.pk).update(due_at=TODAY + DAY)
    late = NOW - 26 * HOUR
    for number in range(3):
        factories.make_connection(f"QA.tech {number}", last_success_at=late)


def sentence(html: str) -> str:
    found = re.search(r"<h1[^>]*>(.*?)</h1>", html, re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", "", found[1]).split())


def second(html: str) -> str:
    found = re.search(r"</h1>\s*<p>(.*?)</p>", html, re.DOTALL)
    return re.sub(r"<[^>]+>", "", found[1]).replace("&amp;", "&") if found else ""


def card(html: str, key: str) -> str:
    return html[html.index(f'<section class="su-{key}"') :].partition("</section>")[0]


def behind(client, door) -> int:
    html = html_of(client, door.href)
    if door.metric == "stale":
        return html.count('id="connection-')
    assert rows_of(html) == min(count_of(html), 50)
    return count_of(html)


@pytest.mark.parametrize("query", ["", "?window=3d&tool=testmo", "?project={}"])
def test_behind_each_dotted_number_are_exactly_its_rows(client, project, query):
    busy(project)
    html = html_of(client, f"/standup/{query.format(project.pk)}")
    found = [
        door for door in doors(html) if not re.match("/(cases|runs)/\\d", door.href)
    ]
    assert {*SOME, "pass_rate"} - {"stale" if query else ""} <= {
        d.metric for d in found
    }
    for door in found:
        wanted = door.value
        if door.metric == "pass_rate":
            wanted = int(re.search(r"of ([\d,]+) ", door.title)[1]) if door.title else 0
        if wanted:
            assert behind(client, door) == wanted, door


def test_the_door_of_a_cause_holds_its_tests_only(client, project):
    busy(project)
    html = card(html_of(client, "/standup/"), "newly-failing")
    shares = [door for door in doors(html) if "cause=" in door.href]
    assert [door.value for door in shares] == [2, 1, 1, 1]
    listed = html_of(client, shares[0].href)
    assert {"pays by card", "pays later"} == {
        *re.findall(r'class="nm trunc"[^>]*>([^<]+)<', listed)
    }


def test_a_card_shows_the_largest_first_and_leads_to_the_rest(client, project):
    busy(project)
    html = html_of(client, "/standup/")
    failing = card(html, "newly-failing")
    assert failing.count("<li") == 5
    assert '<li class="hot">' in failing
    assert "Error: the frame 18 did not load" in failing
    assert "2 more" in failing
    assert "alone 0" in failing
    assert card(html, "fixed").count("failed 18 h") == 3
    assert "5 more" in card(html, "fixed")
    assert card(html, "newly-flaky").count("score ") == 3
    late = card(html, "at-risk")
    assert "Milestone at risk" in late
    assert "v26.12 Winter release" in late
    assert re.search(r"Likely \d+ (to \d+ )?days? late, due \w{3} \d+ \w{3}", late)
    said = re.sub(r"<[^>]*>", "", late)
    assert "70.0% passed" in said
    assert "18 left" in said
    assert "QA.tech 0, 26 h old" in card(html, "stale")
    assert "1 more" in card(html, "stale")


@pytest.mark.parametrize(
    ("newly", "fixed", "verdict", "glyph"),
    [
        (2, 1, "Worse than yesterday: 2 started failing, 1 fixed.", "fail"),
        (1, 0, "Worse than yesterday: 1 started failing, none fixed.", "fail"),
        (0, 2, "Better than yesterday: 2 fixed, nothing new.", "pass"),
        (1, 2, "Better than yesterday: 2 fixed, 1 started failing.", "pass"),
        (2, 2, "The same as yesterday: 2 started failing, 2 fixed.", "fail"),
        (0, 0, "Steady at 100.0%, no new failures.", "pass"),
    ],
)
def test_the_verdict_says_whether_it_is_worse(
    client, project, newly, fixed, verdict, glyph
):
    drawn(project, "PPPPPP", "well")
    for number in range(newly):
        broken(project, f"broken {number}")
    for number in range(fixed):
        drawn(project, "PFFFFP", f"mended {number}")
    html = html_of(client, "/standup/")
    if verdict.startswith("Steady"):
        drawn(project, "F", "long ago", until=NOW - 9 * DAY)
    assert sentence(html) == verdict
    mark = html[html.index('class="su-v"') :].partition("</svg>")[0]
    assert f"var(--{glyph})" in mark


def test_the_second_line_tells_the_pass_rate_and_the_largest_cause(client, project):
    cause = uuid4()
    drawn(project, "PPPPPPPP", "well")
    broken(project, "a", "Boom", cause)
    broken(project, "b", "Boom", cause)
    line = second(html_of(client, "/standup/"))
    assert line.startswith("Pass rate 83.3%, down 16.7 points. ")
    assert line.endswith("All 2 share one cause in Web shop.")
    broken(project, "c", "Bang", uuid4())
    line = second(html_of(client, "/standup/"))
    assert line.endswith("2 of the 3 share one cause in Web shop.")


def test_a_time_without_any_decided_result_is_no_good_news(client, project):
    drawn(project, "PPF", "long ago", until=NOW - 5 * DAY)
    drawn(project, "S", "skipped")
    html = html_of(client, "/standup/")
    assert sentence(html).startswith("No test was decided since yesterday ")
    assert second(html) == ""


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("", "since yesterday"),
        ("?window=1d", "since yesterday"),
        ("?window=7d", "than on"),
    ],
)
def test_another_beginning_is_said(client, project, query, words):
    broken(project, "broken")
    assert words in html_of(client, f"/standup/{query}")


def test_a_tool_that_fails_alone_says_why_and_what_is_missing(client, project):
    drawn(project, "PP", "case")
    Connection.objects.update(
        last_error="The key was refused: 401.", last_success_at=NOW - 26 * HOUR
    )
    html = card(html_of(client, "/standup/"), "stale")
    assert "Testmo, 26 h old" in html
    assert re.search(r"Key refused\. Numbers for Web shop stop at [\w: ]+\.", html)


def markdown_of(client, query: str = "") -> str:
    answer = client.get(f"/standup/{query}{'&' if query else '?'}format=md")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    return answer.content.decode()


def page_and_markdown(client) -> tuple[str, str]:
    """Both of one minute: the present of a stand-up begins with it."""
    html, text = html_of(client, "/standup/"), markdown_of(client)
    if share_link(html) not in text:
        return page_and_markdown(client)
    return html, text


def share_link(html: str) -> str:
    """The address of the page with its time fixed, from /standup/ on."""
    link = re.search(r'id="share" href="([^"]+)"', html)
    assert link
    return link[1].replace("&amp;", "&")


def test_the_markdown_says_what_the_page_says(client, project):
    busy(project)
    html, text = page_and_markdown(client)
    lines = text.splitlines()
    assert re.fullmatch(r"## Stand-up \d+ \w{3}", lines[0])
    assert lines[2] == sentence(html)
    assert lines[4] == second(html)
    heads = [line for line in lines if line.startswith("### ")]
    assert heads == [
        "### Newly failing (7)",
        "### Fixed (8)",
        "### Newly flaky (4)",
        "### Milestone at risk (1)",
        "### Tools with stale data (3)",
    ]
    assert len([line for line in lines if line.startswith("- ")]) == 5 + 4 + 4 + 1 + 3
    first = lines[lines.index(heads[0]) + 2]
    assert re.fullmatch(
        r"- 2 × Error: the frame 18 did not load, Web shop, since [\w: ]+ "
        r"\(\[run \\#\d+\]\(http://testserver/runs/\d+/\)\)",
        first,
    )
    assert lines[-1].startswith("http://testserver/standup/?since=")
    template = re.search(r'<template id="markdown">(.*?)</template>', html, re.DOTALL)
    assert text_of_html(template[1]) == text


def text_of_html(html: str) -> str:
    class Answer:
        content = html.encode()

    return text_of(Answer)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a_b *c* `d` [e](f) <b> | #1 ~x~", None),
        ("Checkout & Payments", "Checkout & Payments"),
        ("&lt;b&gt; &#35;", r"&amp;lt;b&amp;gt; &\#35;"),
        ("1. first", r"1\. first"),
        ("- item", r"\- item"),
        ("+ item", r"\+ item"),
        ("two\nlines\t here", "two lines here"),
        (r"back\slash", r"back\\slash"),
    ],
)
def test_names_cannot_write_markdown_of_their_own(text, wanted):
    if wanted is None:
        wanted = r"a\_b \*c\* \`d\` \[e\](f) \<b\> \| \#1 \~x\~"
    assert escaped(text) == wanted


def test_the_shared_link_shows_the_same_after_more_has_happened(client, project):
    busy(project)
    html, text = page_and_markdown(client)
    shared = share_link(html)
    late = factories.make_run(project, started_at=datetime.now(NOW.tzinfo) + HOUR)
    factories.make_results(late, "F", cases=["new"])
    same = html_of(client, shared)
    assert sentence(same) == sentence(html)
    assert second(same) == second(html)
    assert "hx-trigger" not in same.partition("<header")[0]
    assert "This time is fixed" in same
    assert markdown_of(client, shared.partition("/standup/")[2]) == text


def test_the_page_refreshes_itself_at_its_own_address(client, project):
    drawn(project, "PP", "case")
    address = f"/standup/?project={project.pk}"
    html = html_of(client, f"{address}&theme=dark")
    main = html[html.index("<main") :].partition(">")[0]
    assert f'hx-get="{address}"' in main
    assert 'data-theme="dark"' in html
    assert re.search(r"Refreshes every minute, last at \d\d:\d\d", html)
    answer = client.get(address, headers={"HX-Request": "1", "HX-Target": "content"})
    assert "HX-Push-Url" not in answer


def test_without_a_tool_it_says_where_to_begin(client):
    html = html_of(client, "/standup/")
    assert "Connect your first tool" in html
    assert "su-newly-failing" not in html


def test_before_the_first_run_it_says_what_it_waits_for(client, project):
    html = html_of(client, "/standup/")
    assert "No run has come in yet" in html
    assert "su-newly-failing" not in html


def test_quiet_cards_say_what_was_looked_for(client, project):
    drawn(project, "PPPPPP", "well")
    html = html_of(client, "/standup/")
    assert "No test started failing since yesterday" in card(html, "newly-failing")
    assert "No failing test was fixed" in card(html, "fixed")
    assert "No test became flaky" in card(html, "newly-flaky")
    assert "No open milestone is expected to be late." in card(html, "at-risk")
    assert "Every tool has given its newest data." in card(html, "stale")
    assert "### Fixed (0)\n\nNo failing test was fixed" in markdown_of(client)


@pytest.mark.django_db(transaction=True)
def test_a_part_that_the_database_does_not_answer_leaves_the_others(client, project):
    busy(project)

    def refuse(execute, sql, params, many, context):
        if "AS passes_since" in sql:
            sql = "SELECT 1 / 0"
            params = ()
        return execute(sql, params, many, context)

    with connection.execute_wrapper(refuse):
        html = html_of(client, "/standup/")
    assert sentence(html) == "What changed did not load."
    assert "This part did not load" in card(html, "newly-failing")
    assert "This part did not load" in card(html, "fixed")
    assert "score " in card(html, "newly-flaky")


def test_what_is_not_understood_is_said(client, project):
    drawn(project, "PP", "case")
    html = html_of(client, "/standup/?foo=1&status=failed&format=pdf")
    for name in ("foo", "status", "format"):
        assert f"{name} was left out." in html


def test_readers_without_the_right_are_led_to_the_log_in(client, project, settings):
    settings.PUBLIC_READ = False
    assert client.get("/standup/").status_code == 302
    assert client.get("/standup/?format=md").status_code == 302


def test_what_was_kept_is_asked_for_with_few_queries(client, project):
    busy(project)
    growing(project, factories.make_milestone(project, due_at=TODAY), passed_a_day=2)
    live = [(door.metric, door.value) for door in doors(html_of(client, "/standup/"))]
    refresh_standard_figures()
    cache.clear()
    with CaptureQueriesContext(connection) as asked:
        html_of(client, "/standup/")
    assert len(asked) <= 25
    assert not any("WITH " in query["sql"] for query in asked)
    kept = [(door.metric, door.value) for door in doors(html_of(client, "/standup/"))]
    assert kept == live


def test_the_database_is_asked_as_often_for_much_as_for_little(client, project):
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            html_of(client, "/standup/")
        return len(asked)

    busy(project)
    few = queries()
    for number in range(20):
        broken(project, f"more {number}", f"Other {'y' * number}", uuid4())
        drawn(project, "PFFFFP", f"more mended {number}")
    assert queries() <= few


@pytest.mark.parametrize("view", ["newly-failing", "fixed", "newly-flaky"])
def test_a_list_without_a_test_says_so(client, project, view):
    drawn(project, "PPPPPP", "well")
    html = html_of(client, f"/cases/?view={view}")
    assert count_of(html) == 0
    assert re.search(r"No (failing )?test \w+ .*since yesterday", html)


def test_the_sync_page_shows_all_connections_again(client, project):
    other = factories.make_connection("other")
    html = html_of(client, f"/sync/?connection={other.pk}")
    assert html.count('id="connection-') == 1
    assert "All 2" in html
    assert html_of(client, "/sync/?connection=99").count('id="connection-') == 2
