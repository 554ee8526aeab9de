"""The page of one result: what it shows, what it leads to, and when it is not there."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from selectolax.lexbor import LexborHTMLParser

from dashboard.annotations import notes
from ingest.contract import Counts
from ingest.details import Details
from ingest.intake.projects import create_project
from ingest.models import Case, Configuration, Result
from ingest.models.results import ORDINALS
from ingest.partitions import drop_old_partitions
from tests import factories
from tests.clock import now
from tests.dashboard.api.client import read
from tests.dashboard.page_reader import logged_in, person, text_of
from tests.dashboard.pages.results.parts import (
    MINUTE,
    TRACE,
    a_thread,
    page_of,
    push,
    pushed_run,
    with_details,
)
from tests.ingest.records import a_result

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_redis")]
LINK = {"name": "Build", "url": "https://ci.example/1", "note": ""}


@pytest.fixture
def client() -> Client:
    return logged_in(person())


def seen(client: Client, path: str, status: int = 200) -> LexborHTMLParser:
    answer = client.get(path)
    assert answer.status_code == status, path
    return LexborHTMLParser(answer.content.decode())


def words(page: LexborHTMLParser, css: str) -> str:
    found = page.css_first(css)
    return " ".join(found.text().split()) if found else ""


def hrefs(page: LexborHTMLParser, css: str) -> list[str]:
    return [node.attributes["href"] or "" for node in page.css(css)]


def test_it_names_its_run_thread_configuration_and_times(client: Client) -> None:
    run = pushed_run(branch="main", commit="8f3c21e", configuration="Chrome")
    thread = a_thread(run)
    row = a_result("a", "F", message="no", duration_ms=72_000, executed_at=run.at)
    push(run, row, thread=thread)
    page = seen(client, page_of(run))
    assert words(page, "h1") == "a works"
    assert words(page, ".pill") == "Failed"
    facts = words(page, ".meta")
    for said in ("Chrome", "main @ 8f3c21e", "1m 12s", "thread 4", "Pushed"):
        assert said in facts
    crumbs = hrefs(page, ".crumb a")
    assert crumbs[:2] == [f"/projects/{run.project_id}/", f"/runs/{run.pk}/"]
    assert f"thread={thread.pk}" in crumbs[2]


def test_all_attempts_stand_in_order_and_lead_to_one_another(client: Client) -> None:
    run = pushed_run()
    at = run.at
    for number, sign in enumerate("FFP"):
        took = 1000 * (number + 1)
        row = a_result("a", sign, executed_at=at + number * MINUTE, duration_ms=took)
        push(run, row)
    page = seen(client, page_of(run, 1))
    assert words(page, ".pill") == "Failed, attempt 2 of 3"
    assert hrefs(page, ".attempts a") == [page_of(run, n) for n in range(3)]
    assert hrefs(page, ".attempts [aria-current]") == [page_of(run, 1)]
    assert [words(LexborHTMLParser(n.html), "b") for n in page.css(".attempts a")] == [
        *("Attempt 1", "Attempt 2", "Attempt 3")
    ]
    assert "2s" in words(page, ".attempts [aria-current]")
    assert words(seen(client, page_of(run, 2)), ".pill") == "Passed, attempt 3 of 3"
    alone = pushed_run()
    push(alone, a_result("a", "P"))
    assert not seen(client, page_of(alone)).css(".attempts")


def test_the_whole_message_is_there_folded_once(client: Client) -> None:
    run = pushed_run()
    push(run, a_result("a", "F", message=TRACE), a_result("b", "F", message="short"))
    page = seen(client, page_of(run))
    (pre,) = page.css("#message pre")
    assert pre.text() == TRACE
    assert words(page, "#message details summary .closed") == "Show all, 41 lines"
    assert not seen(client, page_of(run, 1)).css("#message details")


def test_a_message_of_megabytes_is_whole(client: Client) -> None:
    run, message = pushed_run(), "\n".join(f"<line {n}>" for n in range(300_000))
    push(run, a_result("a", "F", message=message))
    assert seen(client, page_of(run)).css_first("#message pre").text() == message


def test_colours_of_a_console_are_classes_in_a_message_too(client: Client) -> None:
    run = pushed_run()
    push(run, a_result("a", "F", message="\x1b[31mred <b>\x1b[0m end"))
    page = seen(client, page_of(run))
    assert page.css_first("#message .con-1").text() == "red <b>"
    assert page.css_first("#message pre").text() == "red <b> end"


def test_fields_are_shown_by_their_type_and_highlights_first(client: Client) -> None:
    kinds = [
        (1, "plain <i>", False),
        (2, "two\nlines", False),
        (3, "<p onclick=x>fine<script>alert(1)</script></p><img src=x>", False),
        (4, "\x1b[32mgreen\x1b[0m", False),
        (5, "https://shop.example/a?b=c", True),
        (5, "javascript:alert(1)", False),
    ]
    fields = [
        {"type": kind, "name": f"f{n}", "value": value, "meta": {"by": "me"}}
        | {"is_highlight": is_first}
        for n, (kind, value, is_first) in enumerate(kinds)
    ]
    page = seen(client, with_details(Details(fields=fields)))
    shown = {
        node.css_first("dt").text().split()[0]: node
        for node in page.css("#evidence .fields > div")
    }
    assert list(shown) == ["f4", "f0", "f1", "f2", "f3", "f5"]
    assert shown["f0"].css_first("dd").text().strip() == "plain <i>"
    assert shown["f1"].css_first("pre").text() == "two\nlines"
    assert shown["f2"].css_first(".markup").inner_html == "<p>fine</p>"
    assert shown["f3"].css_first(".con-2").text() == "green"
    assert shown["f4"].css_first("a").attributes["href"] == "https://shop.example/a?b=c"
    assert not shown["f5"].css("a")
    assert shown["f5"].css_first("dd").text().strip() == "javascript:alert(1)"
    assert "by me" in " ".join(shown["f0"].css_first("dt").text().split())


def test_links_of_other_schemes_are_text(client: Client) -> None:
    odd = ["javascript:alert(1)", "data:text/html,x", "ftp://a.example/", "//a.example"]
    links = [{"name": "", "url": url, "note": ""} for url in odd]
    files = [{**one, "mime_type": "image/png", "size": 1} for one in links]
    page = seen(client, with_details(Details(links=[LINK, *links], artifacts=files)))
    assert hrefs(page, "#evidence a") == [LINK["url"]]
    said = words(page, "#evidence")
    assert all(url in said for url in odd)


def test_pictures_and_videos_are_shown_from_allowed_hosts_alone(
    client: Client, settings: Any
) -> None:
    settings.EVIDENCE_HOSTS = ["https://files.example", "http://minio.local:9000"]
    urls = [
        ("https://files.example/a.png?signed=1", "image/png"),
        ("https://files.example:443/a.webm", "video/webm"),
        ("http://minio.local:9000/b", "image/jpeg"),
        ("https://files.example/guessed.png", ""),
        ("http://files.example/plain-http.png", "image/png"),
        ("https://files.example:8443/port.png", "image/png"),
        ("https://files.example.evil.example/c.png", "image/png"),
        ("https://files.example/page.html", "text/html"),
    ]
    files = [
        {"name": f"file {n}", "url": url, "note": "n", "mime_type": kind, "size": 2048}
        for n, (url, kind) in enumerate(urls)
    ]
    path = with_details(Details(artifacts=files))
    page = seen(client, path)
    assert [n.attributes["src"] for n in page.css("#evidence img")] == [
        *(urls[n][0] for n in (0, 2, 3))
    ]
    assert [n.attributes["src"] for n in page.css("video")] == [urls[1][0]]
    assert {*hrefs(page, ".files a")} == {url for url, _ in urls[4:]}
    assert "image/png · 2.0 kB · n" in words(page, ".media")
    policy = client.get(path).headers["Content-Security-Policy"]
    hosts = "'self' https://files.example http://minio.local:9000"
    assert f"img-src {hosts} data: blob:;" in policy
    assert f"media-src {hosts};" in policy
    settings.EVIDENCE_HOSTS = []
    page = seen(client, path)
    assert not page.css("#evidence img, video")
    assert len(page.css(".files a")) == len(urls)


def test_steps_are_nested_and_open_where_something_went_wrong(client: Client) -> None:
    inner = {"title": "fills", "category": "api", "duration_ms": 1500, "error": ""}
    bad = {"title": "attaches", "category": "", "duration_ms": 2000}
    steps = [
        {"title": "opens", "error": "", "steps": [{**inner, "steps": []}]},
        {"title": "pays", "error": "", "steps": [{**bad, "error": "no <frame>"}]},
    ]
    page = seen(client, with_details(Details(steps=steps)))
    top = page.css("#steps > .steps > li > details")
    assert ["open" in one.attributes for one in top] == [False, True]
    assert page.css_first("#steps pre").text() == "no <frame>"
    assert "fills api 1.5s" not in words(page, "#steps > .steps > li > details summary")
    assert "fills" in words(page, "#steps")


def test_steps_without_end_are_cut_and_said(client: Client) -> None:
    deep: dict[str, Any] = {"title": "deepest"}
    for number in range(60):
        deep = {"title": f"level {number}", "steps": [deep]}
    many = [{"title": f"step {number}"} for number in range(700)]
    page = seen(client, with_details(Details(steps=[deep, *many])))
    assert len(page.css("#steps li")) == 500
    assert words(page, "#steps .card-f span") == "261 more"
    assert "deepest" in words(page, "#steps")


def test_file_line_assertions_and_meta_are_told(client: Client) -> None:
    details = Details(file="a/b.py", line=7, assertions=3, meta={"k": ["<v>"], "a": 1})
    page = seen(client, with_details(details))
    facts = words(page, ".meta")
    assert "File a/b.py:7" in facts
    assert "Assertions 3" in facts
    assert [node.text() for node in page.css("#meta dd span")] == ["1", '["<v>"]']


def test_nothing_attached_is_no_empty_card(client: Client) -> None:
    run = pushed_run()
    push(run, a_result("a", "P"))
    page = seen(client, page_of(run))
    assert [card.id for card in page.css("section.card")] == [None]


def test_neighbours_are_of_the_same_series(client: Client) -> None:
    project, at = create_project("Shop"), now() - timedelta(days=3)
    runs = {}
    for number, (name, configuration, branch) in enumerate(
        [
            ("before", "Chrome", "main"),
            ("other configuration", "Safari", "main"),
            ("other branch", "Chrome", "dev"),
            ("this", "Chrome 2", "main"),
            ("gone", "Chrome", "main"),
            ("after", "Chrome", "main"),
        ]
    ):
        begun = at + timedelta(hours=number)
        run = pushed_run(
            project, started_at=begun, configuration=configuration, branch=branch
        )
        for minute in range(2):
            row = a_result("a", "F", executed_at=begun + minute * MINUTE)
            push(run, row)
        runs[name] = run
    chrome = Configuration.objects.get(name="Chrome")
    Configuration.objects.filter(name="Chrome 2").update(alias_of=chrome)
    Result.objects.filter(run=runs["gone"]).update(removed_at=now())
    # The final one and the attempt before it have the same neighbours.
    for ordinal in (0, 1):
        page = seen(client, page_of(runs["this"], ordinal))
        expected = [page_of(runs["before"], 1), page_of(runs["after"], 1)]
        assert hrefs(page, "#series .nm") == expected
        assert hrefs(page, ".acts a.left, .acts a.right") == expected
        strip = hrefs(page, "#series .strip a")
        assert strip == [page_of(runs["before"], 1), page_of(runs["this"], 1)]
    first = seen(client, page_of(runs["before"], 1))
    assert hrefs(first, ".acts a.left") == []
    assert hrefs(first, ".acts a.right") == [page_of(runs["this"], 1)]


def test_neighbours_at_one_moment_are_met_once_each(client: Client) -> None:
    project, at = create_project("Shop"), now() - timedelta(days=1)
    runs = [pushed_run(project, started_at=at) for _ in range(4)]
    for run in runs:
        push(run, a_result("a", "P", executed_at=at))
    ways = {}
    for run in runs:
        page = seen(client, page_of(run))
        ways[page_of(run)] = next(iter(hrefs(page, ".acts a.right")), "")
    path = next(iter({*ways} - {*ways.values()}))
    walked = [path]
    while path := ways[path]:
        walked.append(path)
    assert sorted(walked) == sorted(ways)


def test_the_same_failure_is_counted_by_the_list_that_holds_it(client: Client) -> None:
    shop, other = create_project("Shop"), create_project("Portal")
    run, late = pushed_run(shop), pushed_run(other)
    old = pushed_run(shop, started_at=now() - timedelta(days=40))
    at = run.at
    push(
        run,
        a_result("a", "F", message="no frame 12", executed_at=at),
        a_result("b", "F", message="no frame 13", executed_at=at),
        a_result("c", "F", message="something else", executed_at=at),
        a_result("d", "P", message="no frame 14", executed_at=at),
    )
    push(late, a_result("e", "E", message="no frame 15", executed_at=at))
    push(old, a_result("a", "F", message="no frame 16", executed_at=old.at))
    page = seen(client, page_of(run))
    assert "3 results in 3 tests and 2 runs say the same." in words(page, "#alike")
    number = page.css_first("#alike .n")
    listed = seen(client, number.attributes["href"])
    found = hrefs(listed, "tbody a.nm")
    assert sorted(found) == sorted([page_of(run), page_of(run, 1), page_of(late)])
    assert {*hrefs(page, "#alike .nm")} == {page_of(run, 1), page_of(late)}
    # Nobody else says this, and what passed says nothing.
    assert not seen(client, page_of(run, 2)).css("#alike")
    assert not seen(client, page_of(run, 3)).css("#alike")


def test_notes_of_the_test_are_shown_to_the_signed_in(
    client: Client, settings: Any
) -> None:
    settings.PUBLIC_READ = True
    run = pushed_run()
    push(run, a_result("a", "F", message="no", vendor_url="https://tool.example/1"))
    case = Case.objects.get(project=run.project)
    notes.write_note(
        case, owner="mara", issue_url="https://issues.example/7", text="slow", by="eve"
    )
    page = seen(client, page_of(run))
    assert "slow" in words(page, "#remarks")
    assert "issues.example/7" in words(page, "#remarks")
    assert f"/cases/{case.pk}/#remarks" in hrefs(page, "#remarks a")
    assert "https://tool.example/1" in hrefs(page, ".acts a")
    stranger = seen(Client(), page_of(run))
    assert not stranger.css("#remarks")
    assert "https://tool.example/1" not in hrefs(stranger, "a")


def test_a_stranger_sees_no_address_of_what_is_attached(settings: Any) -> None:
    settings.PUBLIC_READ = True
    settings.EVIDENCE_HOSTS = ["https://secret.example"]
    at = "https://secret.example/1.png"
    html = f"<a href='{at}'>there</a>"
    fields = [
        {"type": 3, "name": "h", "value": html},
        {"type": 5, "name": "u", "value": at},
    ]
    details = Details(
        fields=fields,
        artifacts=[{"name": "f", "url": at, "mime_type": "image/png"}],
        links=[{"name": "l", "url": at}],
    )
    run = pushed_run(details=details)
    push(run, a_result("a", "F", details=details))
    for path in (page_of(run), f"/runs/{run.pk}/"):
        html = text_of(Client().get(path))
        assert "secret.example" not in html
        assert "there" in html


def test_a_result_that_is_gone_is_shown_and_said(client: Client) -> None:
    run = factories.make_run(factories.make_project(factories.make_connection()))
    gone, kept = factories.make_results(run, "FP", message="no")
    factories.remove([gone])
    page = seen(client, page_of(run, gone.ordinal))
    assert "Testmo no longer has this result." in words(page, ".note")
    assert not seen(client, page_of(run, kept.ordinal)).css(".note")
    run.removed_at = now()
    run.save()
    page = seen(client, page_of(run, kept.ordinal))
    assert "Testmo no longer has this run." in words(page, ".note")


def test_an_id_without_a_result_says_why(client: Client, settings: Any) -> None:
    run = pushed_run()
    push(run, a_result("a", "P"))
    assert "No such result" in words(seen(client, page_of(run, 7), 404), ".empty")
    totals = factories.make_run(counts=Counts(passed=3))
    page = seen(client, page_of(totals), 404)
    assert "Totals only Testmo gives totals only" in words(page, ".empty")
    assert f"/runs/{totals.pk}/" in hrefs(page, ".empty a")
    for path in ("/results/0/", f"/results/{2**62}/", f"/results/{10**30}/"):
        assert client.get(path).status_code == 404
    old = factories.make_run(started_at=now() - timedelta(days=390))
    factories.make_results(old, "P")
    assert client.get(page_of(old)).status_code == 200
    settings.RETENTION_DAYS = 300
    drop_old_partitions(now().date())
    page = seen(client, page_of(old), 404)
    assert "Single results are kept for 300 days." in words(page, ".empty")


def test_lists_and_the_page_of_a_run_open_the_result(client: Client) -> None:
    run = pushed_run()
    push(run, a_result("a", "F", message="x" * 500))
    case = Case.objects.get(project=run.project)
    for path, card in (("/results/", "table"), (f"/runs/{run.pk}/", "#results")):
        page = seen(client, path)
        assert hrefs(page, f"{card} a.nm") == [page_of(run)]
        assert hrefs(page, f"{card} a.snip") == [f"{page_of(run)}#message"]
        way = hrefs(page, f"{card} td small a")
        assert [href.partition("?")[0] for href in way] == [f"/cases/{case.pk}/"]


def test_the_page_of_a_run_shows_what_is_attached_where_there_is_any(
    client: Client,
) -> None:
    bare = pushed_run()
    push(bare, a_result("a", "P"), thread=a_thread(bare))
    assert not seen(client, f"/runs/{bare.pk}/").css("#evidence")
    field = {"type": 2, "name": "log", "value": "x" * 5_000}
    run = pushed_run(details=Details(tags=["nightly"], fields=[field], links=[LINK]))
    thread = a_thread(run, "lane one")
    push(run, a_result("a", "P"), thread=thread)
    thread.attached.values = {"links": [{**LINK, "url": "https://ci.example/2"}]}
    thread.attached.save()
    page = seen(client, f"/runs/{run.pk}/")
    assert words(page, "#evidence .tag") == "nightly"
    assert hrefs(page, "#evidence .files a") == [LINK["url"], "https://ci.example/2"]
    assert words(page, "#evidence h3") == "lane one"
    assert len(page.css_first("#evidence pre").text()) == 4_000
    way = hrefs(page, "#evidence p a")
    whole = read(way[0].removeprefix("/api/v1/"), client)["fields"][0]["value"]
    assert whole == field["value"]


def test_the_number_of_queries_does_not_grow(
    client: Client, django_assert_max_num_queries: Any
) -> None:
    def asked(path: str) -> int:
        with django_assert_max_num_queries(60) as found:
            assert client.get(path).status_code == 200
        return len(found)

    project, at = create_project("Shop"), now() - timedelta(days=2)
    small, large = pushed_run(project, started_at=at), pushed_run(project)
    for number in range(2):
        row = a_result("a", "F", executed_at=at + number * MINUTE, message="no frame")
        push(small, row)
    details = Details(
        fields=[{"type": 1, "name": "f", "value": "v"}] * 30, links=[LINK] * 30
    )
    for number in range(12):
        row = a_result("a", "F", message="no frame", details=details)
        push(large, row, a_result(f"c{number}", "F", message="no frame"))
    client.get(page_of(small))
    assert asked(page_of(large)) <= asked(page_of(small))


def test_its_id_is_that_of_the_api(client: Client) -> None:
    run = pushed_run()
    push(run, a_result("a", "F", message="no"))
    (row,) = read("results/", client)["results"]
    assert row["id"] == run.pk * ORDINALS
    page = seen(client, f"/results/{row['id']}/")
    assert re.search(r"a works, Failed", words(page, "title"))
