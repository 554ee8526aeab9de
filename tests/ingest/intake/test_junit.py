"""JUnit XML in the dialects of its writers, and what is no JUnit XML."""

from __future__ import annotations

import gzip
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.contract import Status
from ingest.intake import upload as uploads
from ingest.intake.errors import InvalidError
from ingest.intake.junit import xml
from ingest.intake.upload import TooLargeError
from tests.ingest.intake.reports import case, junit_of, outcomes, suite, upload

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def only(inner: str = "", **attributes: str):
    (found,) = junit_of(suite(case("pays", inner, **attributes)))[1]
    return found


def test_suites_tell_of_the_run_and_testcases_of_results():
    report, results = junit_of(
        suite(
            case("pays"),
            case("ships", '<failure message="no stamp" type="E">at line 3</failure>'),
            case("returns", "<error>\nboom\n</error>"),
            case("waits", '<skipped message="not yet"/>'),
        )
    )
    assert report.name == "shop"
    assert (report.started_at, report.duration_ms) == (NOON, 3000)
    assert outcomes(results) == [
        ("shop.Cart::pays", "passed"),
        ("shop.Cart::ships", "failed"),
        ("shop.Cart::returns", "error"),
        ("shop.Cart::waits", "skipped"),
    ]
    assert [one.message for one in results] == [
        "",
        "no stamp\nat line 3",
        "boom",
        "not yet",
    ]
    assert {one.duration_ms for one in results} == {500}
    assert {one.folder for one in results} == {"shop.Cart"}
    assert {one.details for one in results if one.details} == set()


def test_the_earliest_of_many_suites_is_the_start():
    text = """<testsuites name="all" time="9.25">
      <testsuite name="b" timestamp="2026-11-20T12:05:00+00:00"/>
      <testsuite name="a" timestamp="2026-11-20T13:00:00+01:00" time="2"/>
    </testsuites>"""
    report, results = junit_of(text)
    assert (report.name, report.started_at, report.duration_ms) == ("all", NOON, 9250)
    assert results == []


def test_a_start_in_the_future_or_unreadable_is_unknown():
    for odd in ("2999-01-01T00:00:00Z", "yesterday"):
        report, _ = junit_of(suite(case("pays"), timestamp=odd))
        assert report.started_at is None


def test_nested_suites_name_the_tests_that_have_no_class():
    text = """<testsuite name="api"><testsuite name="cart" file="cart.php">
      <testcase name="pays" assertions="3" line="7"/></testsuite>
      <testcase name="ships"/><testcase/><testcase classname="X"/></testsuite>"""
    _, results = junit_of(text)
    assert [one.key for one in results] == [
        "cart::pays",
        "api::ships",
        "api::api",
        "X::X",
    ]
    assert results[0].details == {"file": "cart.php", "line": 7, "assertions": 3}
    assert results[0].folder == "cart"
    assert results[0].duration_ms is None


def test_a_test_without_any_name_is_kept():
    _, results = junit_of("<testsuite><testcase/><testcase/></testsuite>")
    assert [one.name for one in results] == ["(no name)", "(no name) #2"]


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        (["1,204.5"], [1204500]),
        (["1.204,5"], [1204500]),
        (["12,5"], [12500]),
        (["0,123"], [123]),
        (["1,204"], [None]),
        (["1,204", "0.5"], [1204000, 500]),
        (["1,204", "0,5"], [1204, 500]),
        (["1e-3"], [1]),
        (["0.0005"], [1]),
        (["2.5s"], [2500]),
        (["-1", "nan", "inf", "1e12", "soon", ""], [None] * 6),
    ],
)
def test_durations_in_the_spellings_of_many_locales(
    times: list[str], expected: list[int | None]
):
    cases = [case(f"n{n}", time=text) for n, text in enumerate(times)]
    _, results = junit_of(f"<testsuite>{''.join(cases)}</testsuite>")
    assert [one.duration_ms for one in results] == expected


def test_testcases_of_one_name_are_attempts_that_nobody_marked():
    _, results = junit_of(suite(*[case("pays")] * 3, case("pays", classname="B")))
    assert [(one.key, one.name) for one in results] == [
        ("shop.Cart::pays", "pays"),
        ("shop.Cart::pays", "pays"),
        ("shop.Cart::pays", "pays"),
        ("B::pays", "pays"),
    ]
    assert not any(one.is_marked_retry for one in results)


def test_pytest_writes_a_failed_try_as_an_empty_testcase_before_the_next():
    tried = [case("pays"), case("pays"), case("pays", "<failure/>"), case("ships")]
    others = [case("pays"), case("pays", "<system-out>x</system-out>"), case("pays")]
    text = "".join(
        f'<testsuite name="{name}">{"".join(cases)}</testsuite>'
        for name, cases in (("pytest", tried), ("pytest", others), ("jest", tried))
    )
    _, results = junit_of(f"<testsuites>{text}</testsuites>")
    told = [(str(one.status), one.is_marked_retry) for one in results]
    assert told[:4] == [
        ("failed", True),
        ("failed", True),
        ("failed", True),
        ("passed", False),
    ]
    # One that printed something passed, whatever follows.
    assert told[4:7] == [("failed", True), ("passed", True), ("passed", False)]
    assert [status for status, _ in told[7:]] == [
        "passed",
        "passed",
        "failed",
        "passed",
    ]


@pytest.mark.parametrize("mark", [{"retry": "1"}, {"attempt": "2"}, {"rerun": "true"}])
def test_a_testcase_that_is_marked_as_a_rerun_is_an_attempt(mark: dict[str, str]):
    _, results = junit_of(suite(case("pays", "<failure/>"), case("pays", **mark)))
    assert outcomes(results) == [
        ("shop.Cart::pays", "failed"),
        ("shop.Cart::pays", "passed"),
    ]
    assert results[1].is_marked_retry


def test_flaky_failures_come_before_what_passed():
    inner = """<flakyFailure message="slow" time="0.25"><stackTrace>at A
      at B</stackTrace><system-out>first</system-out></flakyFailure>
      <flakyError type="Timeout"/><system-out>last</system-out>"""
    _, results = junit_of(suite(case("pays", inner)))
    assert outcomes(results) == [
        ("shop.Cart::pays", "failed"),
        ("shop.Cart::pays", "error"),
        ("shop.Cart::pays", "passed"),
    ]
    assert all(one.is_marked_retry for one in results)
    assert results[0].message == "slow\nat A\n      at B"
    assert results[1].message == "Timeout"
    assert [one.duration_ms for one in results] == [250, None, 500]
    said = [one.details and one.details["fields"][0]["value"] for one in results]
    assert said == ["first", None, "last"]


def test_reruns_come_after_the_failure_that_they_repeat():
    inner = """<failure message="first"/><rerunFailure message="second"/>
      <rerunError message="third"/>"""
    _, results = junit_of(suite(case("pays", inner)))
    assert [one.message for one in results] == ["first", "second", "third"]
    assert [str(one.status) for one in results] == ["failed", "failed", "error"]
    assert [one.raw_status for one in results] == [
        "failure",
        "rerunFailure",
        "rerunError",
    ]


def test_outcomes_that_an_attribute_tells_alone():
    told = {"notrun": "skipped", "Failed": "failed", "run": "passed", "Error": "error"}
    cases = [case(word, status=word) for word in told]
    _, results = junit_of(suite(*cases))
    assert [str(one.status) for one in results] == list(told.values())


def test_a_message_is_not_said_twice():
    inner = '<failure message="assert 1 == 2">E: assert 1 == 2\nat x</failure>'
    assert only(inner).message == "E: assert 1 == 2\nat x"
    inner = "<failure>one</failure><error>two</error>"
    assert (only(inner).message, only(inner).status) == ("one\n\ntwo", Status.FAILED)


def test_properties_become_fields_of_their_type():
    inner = """<properties><property name="browser" value="chrome"/>
      <property name="url:Trace" value="https://t.example/1"/>
      <property name="html:Body">&lt;b&gt;hi</property>
      <property name="console:Log" value="x"/><property name="text:Note" value="y"/>
      <property name="a:b" value="z"/><property name="step[failed]" value="Pay"/>
      <property name="attachment" value="https://s.example/a/shot.png?x=1"/>
    </properties>"""
    details = only(inner).details
    assert [(one["type"], one["name"], one["value"]) for one in details["fields"]] == [
        (1, "browser", "chrome"),
        (5, "Trace", "https://t.example/1"),
        (3, "Body", "<b>hi"),
        (4, "Log", "x"),
        (2, "Note", "y"),
        (1, "a:b", "z"),
    ]
    assert details["steps"] == [{"title": "Pay", "category": "failed"}]
    assert details["artifacts"][0]["name"] == "shot.png"


def test_what_was_printed_and_the_files_named_in_it():
    inner = """<system-out>hello
[[ATTACHMENT|/ci/shot.png]]
[[ATTACHMENT|https://s.example/log.txt]]
bye</system-out><system-err>oh</system-err><system-out>  </system-out>"""
    details = only(inner).details
    assert [(one["type"], one["name"], one["value"]) for one in details["fields"]] == [
        (1, "Attachment", "/ci/shot.png"),
        (4, "Output", "hello\nbye"),
        (4, "Errors", "oh"),
    ]
    assert [one["url"] for one in details["artifacts"]] == ["https://s.example/log.txt"]
    shown = only("<system-out>[[ATTACHMENT|javascript:a(1)]]</system-out>").details
    assert "artifacts" not in shown


def test_properties_and_output_of_suites_are_of_the_file():
    text = suite(
        '<properties><property name="env" value="ci"/></properties>',
        case("pays"),
        "<system-out>set up</system-out>",
    )
    report, _ = junit_of(text)
    fields = [(one["name"], one["value"]) for one in report.part["fields"]]
    assert fields == [("env", "ci"), ("Output", "set up")]


def test_the_environment_of_a_jvm_is_left_out():
    text = suite(
        '<properties><property name="java.version" value="21"/>'
        '<property name="secret" value="s3cr3t"/></properties>',
        case("pays"),
    )
    assert "s3cr3t" not in str(junit_of(text))


def test_texts_without_end_are_cut_and_say_so():
    found = only(f"<failure>{'x' * (xml.MOST_LETTERS + 10)}</failure>")
    assert found.message.endswith("… cut after 1,048,576 letters")
    assert len(found.message) < xml.MOST_LETTERS + 50


def test_other_encodings_are_read():
    for encoding in ("iso-8859-1", "utf-16", "windows-1252"):
        head = f'<?xml version="1.0" encoding="{encoding}"?>'
        data = (head + suite(case("zahlt für"))).encode(encoding)
        assert junit_of(data)[1][0].name == "zahlt für"


ENTITIES = '<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d SYSTEM "file:///etc/passwd">]>'


# 9 MB of them take the parser five seconds, in which nobody else computes.
QUOTE, APOSTROPHE = '"', "'"
ATTRIBUTES = " ".join(f'a{number}=""' for number in range(100_000))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no element found"),
        ("hello", "syntax error, line 1, column 1"),
        (suite(case("a"))[:-5], "no whole XML"),
        (suite(case("a")) + "<more/>", "junk after"),
        ("<html/>", "begins with <html>"),
        (ENTITIES + suite(case("&d;")), "document type"),
        ("<!DOCTYPE x>" + suite(), "document type"),
        (f"{'<testsuite>' * 101}", "nested more than 100"),
        (suite(case("a", "<properties>" + "<p>" * 99)), "nested more than 100"),
        (suite(case("a", "<p/>" * 10_001)), "more than 10,000 elements"),
        (suite(case("a" * (13 * 2**20))), "longer than 12 MB"),
        (f"<testsuite {ATTRIBUTES}/>", "more than 1,000 attributes"),
        (suite(f"<testcase {ATTRIBUTES.replace(QUOTE, APOSTROPHE)}/>"), "attributes"),
        (f"<testsuite><!--{'x' * (13 * 2**20)}--></testsuite>", "longer than 12 MB"),
        ('<?xml version="1.0" encoding="klingon"?><testsuite/>', "encoding"),
        ("<testsuite>&undefined;</testsuite>", "undefined entity"),
        ('<testsuite><testcase name="a" name="b"/></testsuite>', "duplicate attribute"),
    ],
)
def test_what_is_no_junit_xml_is_refused_with_its_reason(text: str, said: str):
    with pytest.raises(InvalidError, match=said):
        junit_of(text)


@pytest.mark.parametrize("quote", [QUOTE, APOSTROPHE])
def test_a_long_attribute_may_hold_what_looks_like_attributes(quote: str):
    other = APOSTROPHE if quote == QUOTE else QUOTE
    name = f"name={other}b{other} " * 50_000
    text = f"<testsuite><testcase name={quote}{name}{quote}/></testsuite>"
    assert [status for _, status in outcomes(junit_of(text)[1])] == ["passed"]


def test_gzip_is_unpacked_also_in_several_parts():
    text = suite(case("pays")).encode()
    packed = gzip.compress(text[:50]) + gzip.compress(text[50:])
    assert outcomes(junit_of(packed)[1]) == [("shop.Cart::pays", "passed")]


def test_a_gzip_that_is_broken_or_a_bomb_is_refused():
    packed = gzip.compress(suite(case("pays")).encode())
    with pytest.raises(InvalidError, match="ends in its middle"):
        junit_of(packed[:-9])
    with pytest.raises(InvalidError, match="gzip is broken"):
        junit_of(packed[:20] + b"garbage" * 5)
    bomb = gzip.compress(b"<testsuite>" + b" " * (20 * 2**20))
    with pytest.raises(InvalidError, match="250 times"):
        junit_of(bomb)


def test_more_than_is_read_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(uploads, "MOST_BYTES", 1000)
    with pytest.raises(TooLargeError, match="send|Send"):
        list(upload(b"x" * 1001).chunks())


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(data: bytes):
    with suppress(InvalidError):
        assert junit_of(data)[1] is not None


PIECES = st.sampled_from(
    [
        *("<testsuites>", "</testsuites>", "<testsuite>", "</testsuite>", "<testcase>"),
        *("</testcase>", "<failure>", "</failure>", "<properties>", "</properties>"),
        *(
            '<property name="x"/>',
            "<system-out>",
            "</system-out>",
            "text",
            "<skipped/>",
        ),
        *('<testcase name="&#0;"/>', "<rerunError/>", '<testcase time="1,5"/>', "&lt;"),
        *('<testsuite timestamp="x">', '<testcase line="-1" attempt="²"/>', "<!-- -->"),
        "[[ATTACHMENT|]]",
    ]
)


@given(st.lists(PIECES, max_size=30))
def test_any_elements_are_read_or_refused(pieces: list[str]):
    with suppress(InvalidError):
        report, results = junit_of("<testsuites>" + "".join(pieces) + "</testsuites>")
        assert all(one.key and one.name for one in results)
        assert report.duration_ms is None or report.duration_ms >= 0
