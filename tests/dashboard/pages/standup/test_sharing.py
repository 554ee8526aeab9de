"""The stand-up as Markdown and as a link with its time fixed."""

from __future__ import annotations

import re

import pytest

from dashboard.annotations.runs import exclude
from dashboard.ui.standup.markdown import escaped
from tests import clock, factories
from tests.dashboard.number_links import html_of
from tests.dashboard.page_reader import text_of
from tests.dashboard.pages.standup.parts import (
    HOUR,
    busy,
    markdown_of,
    second,
    sentence,
)

pytestmark = pytest.mark.django_db


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
        r"\(\[run #\d+\]\(http://testserver/runs/\d+/\)\)",
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
        ("&lt;b&gt; &#35;", r"&amp;lt;b&amp;gt; &amp;#35;"),
        ("# first", r"\# first"),
        ("#4187 of C#", r"\#4187 of C#"),
        ("run #4187", "run #4187"),
        ("test_login_ok", "test_login_ok"),
        ("a__b", "a__b"),
        ("__init__ and _x_ (_y_)", r"\_\_init\_\_ and \_x\_ (\_y\_)"),
        ("é_ß_1", "é_ß_1"),
        ("1. first", r"1\. first"),
        ("- item", r"\- item"),
        ("+ item", r"\+ item"),
        ("two\nlines\t here", "two lines here"),
        (r"back\slash", r"back\\slash"),
    ],
)
def test_names_cannot_write_markdown_of_their_own(text, wanted):
    if wanted is None:
        wanted = r"a_b \*c\* \`d\` \[e\](f) \<b\> \| #1 \~x\~"
    assert escaped(text) == wanted


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin"])
def test_the_markdown_names_the_zone_of_its_times(client, project, settings, zone):
    settings.TIME_ZONE = zone
    busy(project)
    assert f"\n\nTimes are in {zone}.\n\n" in markdown_of(client)


def test_the_markdown_says_that_a_run_is_left_out(client, project):
    busy(project)
    run = factories.make_run(project, started_at=clock.now() - HOUR)
    exclude(run, reason="No disk", by="mara", from_every_number=True)
    assert re.search(
        r"1 run is left out\..*\[See the run\]\(http://testserver/runs/\?.*view=",
        markdown_of(client),
    )


def test_the_shared_link_shows_the_same_after_more_has_happened(client, project):
    busy(project)
    html, text = page_and_markdown(client)
    shared = share_link(html)
    late = factories.make_run(project, started_at=clock.now() + HOUR)
    factories.make_results(late, "F", cases=["new"])
    same = html_of(client, shared)
    assert sentence(same) == sentence(html)
    assert second(same) == second(html)
    assert "hx-trigger" not in same.partition("<header")[0]
    assert "This time is fixed" in same
    assert markdown_of(client, shared.partition("/standup/")[2]) == text
