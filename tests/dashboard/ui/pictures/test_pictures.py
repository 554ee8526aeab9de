"""Pictures drawn on the server: whatever a name holds, they are seen and say it."""

from __future__ import annotations

import re
import struct
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.metrics.milestones import BandDay, BurnUpDay
from dashboard.metrics.rates import Rate
from dashboard.ui.charts.daily import DayOutcomes
from dashboard.ui.charts.parts import MilestoneMark
from dashboard.ui.pictures.badge import LONGEST_LABEL, LONGEST_WORDS, Badge, badge_svg
from dashboard.ui.pictures.burn_up import BurnUp, burn_up_svg
from dashboard.ui.pictures.colours import THEMES, painted
from dashboard.ui.pictures.daily import daily_svg
from dashboard.ui.pictures.document import png
from dashboard.ui.pictures.frame import Caption
from dashboard.ui.pictures.letters import fitted, lines, text, width
from dashboard.ui.pictures.trend import trend_svg
from dashboard.ui.pictures.unfolded import (
    Figure,
    Headline,
    alternative,
    rate_figure,
    unfolded_svg,
)

FIRST = date(2026, 10, 31)
HOSTILE = (
    "</text><script>alert(1)</script>&amp;\"'\x00\x1b[31m\ud800\u202e\n\t"
    "<image href='http://127.0.0.1/'/>日本語 😀" + "x" * 5000
)
ALLOWED = {"svg", "g", "title", "style", "rect", "path", "circle", "text", "clipPath"}
CAPTION = Caption(title="Web shop", scope="30 days", moment="now", says="A chart.")


def days(count: int = 30, **values: int) -> list[DayOutcomes]:
    made = {"passed": 93, "failed": 7, **values}
    return [DayOutcomes(day=FIRST + timedelta(n), **made) for n in range(count)]


def pictures(words: str, theme) -> Iterator[str]:
    caption = Caption(title=words, scope=words, moment=words, says=words, stale=words)
    mark = MilestoneMark(day=FIRST + timedelta(3), text=words, is_done=True)
    yield daily_svg(days(error=1, blocked=2, skipped=3), [mark], caption, theme)
    yield daily_svg(days(), [], caption, theme)
    yield daily_svg(days(passed=0, failed=0), [], caption, theme)
    past = [BurnUpDay(day=FIRST, scope=9, decided=5, passed=3)]
    ahead = FIRST + timedelta(1)
    band = [BandDay(day=ahead, low=3, middle=4, high=5, scope=9)]
    yield burn_up_svg(BurnUp(past=past, future=band, due=ahead), caption, theme)
    yield burn_up_svg(BurnUp(past=[]), caption, theme)
    yield trend_svg([0.5, None, 0.6], words, caption, theme)
    tones = {"good": "pass", "bad": "fail", "flaky": "flaky", "stale": "stale"}
    for tone, glyph in tones.items():
        badge = Badge(label=words, words=words, glyph=glyph, tone=tone, says=words)
        yield badge_svg(badge, theme)
    figure = Figure(label=words, text=words, interval=words, of=words, trend=(0, 1))
    common = {"page": words, "scope": words, "moment": words, "stale": words}
    yield unfolded_svg(Headline(**common, figure=figure), theme)
    yield unfolded_svg(Headline(**common, sentence=words), theme)


@pytest.mark.parametrize("theme", THEMES)
def test_no_name_adds_anything_but_its_letters(theme):
    for svg in pictures(HOSTILE, theme):
        parts = list(ET.fromstring(svg).iter())
        assert {part.tag.rpartition("}")[2] for part in parts} <= ALLOWED
        names = {name for part in parts for name in part.attrib}
        assert not {name for name in names if name.startswith("on") or "href" in name}
        assert ("var(--" in svg) is (theme == "auto")
        assert len(svg) < 60_000
        drawn = "".join(part.text or "" for part in parts)
        assert not re.search("[\x00-\x08\x1b\u202e\ud800]", drawn)


@pytest.mark.parametrize("theme", THEMES)
def test_a_name_is_no_colour(theme):
    for name in ("var(--x)", "var(--ink)"):
        for svg in pictures(name, theme):
            said = ET.fromstring(svg)
            assert name in {part.text for part in said.iter()}
            assert name in said.attrib["aria-label"]


def test_a_colour_that_is_no_token_is_an_error():
    with pytest.raises(KeyError, match="nothing"):
        painted('<path fill="var(--nothing)"/>', "light")


def test_one_svg_follows_the_system_of_its_reader():
    badge = Badge(label="flaky", words="2", glyph="flaky", tone="flaky", says="2")
    svg = badge_svg(badge, "auto")
    light, dark = re.findall(r"--flaky-t:(#\w+);", svg)
    assert light in badge_svg(badge, "light")
    assert dark in badge_svg(badge, "dark")
    assert re.search(r"@media\(prefers-color-scheme:dark\)\{svg\{[^}]*" + dark, svg)


@given(st.text(max_size=300), st.floats(20, 400), st.sampled_from([400, 500, 600]))
def test_what_is_fitted_is_never_wider_than_its_room(words, most, weight):
    assert width(fitted(words, 12, most, weight), 12, weight) <= most
    for line in lines(words, 12, most, 3, weight):
        assert width(line, 12, weight) <= most


def test_words_go_on_in_the_next_line_and_none_is_lost_before_the_last():
    words = " ".join(f"word{n}" for n in range(40))
    told = lines(words, 20, 300, 3)
    assert len(told) == 3
    assert words.startswith(" ".join(told).removesuffix("…"))
    assert told[-1].endswith("…")
    assert lines("short", 20, 300, 3) == ["short"]
    assert lines("", 20, 300, 3) == [""]


def size_of(picture: bytes) -> tuple[int, int]:
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    return struct.unpack(">II", picture[16:24])


def drawing(words: str, size: int = 40) -> bytes:
    inner = painted(text(5, 60, words, size, most=390), "light")
    return png(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="400" height="80" '
        f'font-family="Inter">{inner}</svg>'
    )


@pytest.mark.parametrize("pair", ["aå", "жщ", "λμ", "ẫẩ", "日本", "한국", "😀🚀", "אב"])
def test_each_letter_is_drawn_as_itself(pair):
    one, other = map(drawing, pair)
    assert one != other
    assert len({one, other, drawing("\ufffe"), drawing("")}) >= 3


def test_letters_of_another_font_leave_ours_as_they_are():
    words = text(0, 0, "Web 日本 shop", 12)
    assert re.findall(r">([^<]+)</text>", words) == ["Web ", "日本 ", "shop"]
    assert 'x="0.0"' in words
    right = text(100, 0, "日本", 12, anchor="end")
    assert 'x="76.0"' in right


def test_the_picture_of_a_link_is_as_large_as_chats_want_it():
    figure = rate_figure("Pass rate", Rate.of(937, 1000), "decided results", (0.9, 1))
    light = Headline(page="Overview", scope="Web shop, 30 days", figure=figure)
    picture = png(unfolded_svg(light, "light"))
    assert size_of(picture) == (1200, 630)
    assert len(picture) < 300_000
    assert picture == png(unfolded_svg(light, "light"))
    assert picture != png(unfolded_svg(light, "dark"))
    assert alternative(light) == (
        "Overview, Web shop, 30 days. Pass rate 93.7%, 95 % between 92.0% and 95.1%, "
        "of 1,000 decided results."
    )


@pytest.mark.parametrize(
    ("hits", "n", "printed", "low", "high"),
    [
        (99_999, 100_000, "99.9%", "99.9%", ">99.9%"),
        (1, 100_000, "<0.1%", "<0.1%", "0.1%"),
        (5, 5, "100.0%", "56.5%", "100.0%"),
        (0, 5, "0.0%", "0.0%", "43.5%"),
    ],
)
def test_a_rate_is_printed_as_on_every_page(hits, n, printed, low, high):
    figure = rate_figure("Pass rate", Rate.of(hits, n), "decided results")
    assert figure.text == printed
    assert figure.interval == f"95 % between {low} and {high}"
    svg = unfolded_svg(Headline(page="Overview", scope="", figure=figure), "light")
    told = [one.text for one in ET.fromstring(svg).iter() if one.tag.endswith("text")]
    assert printed in told


def test_nothing_decided_is_no_number():
    figure = rate_figure("Pass rate", Rate.of(0, 0), "decided results")
    assert (figure.text, figure.of, figure.interval) == ("–", "no decided results", "")


def test_a_day_without_results_is_a_gap_and_the_last_rate_is_told():
    known = days(5)
    known[2] = DayOutcomes(day=known[2].day)
    svg = daily_svg(known, [], CAPTION, "light")
    strokes = re.findall(r'<path d="M([\d. L]+)h0"', svg)
    assert [line.count("L") for line in strokes] == [1, 1]
    assert ">93.0%</text>" in svg
    # Four bars of failed and of passed results.
    assert len(re.findall(r'<rect x="[\d.]+" width="[\d.]+" y="[\d.]+" h', svg)) == 12


def test_bars_lie_between_the_axis_and_the_highest_tick():
    svg = daily_svg(days(passed=1234, failed=99), [], CAPTION, "light")
    bars = re.findall(
        r'<rect x="[\d.]+" width="[\d.]+" y="([\d.]+)" height="([\d.]+)"', svg
    )
    tops = [float(top) for top, _ in bars]
    feet = {round(float(top) + float(tall)) for top, tall in bars}
    assert min(tops) > 210
    assert max(feet) == 332


def test_a_badge_is_no_wider_than_its_words_may_be():
    long = Badge(label="l" * 999, words="w" * 999, glyph="pass", tone="good", says="")
    wide = int(re.search(r'width="(\d+)"', badge_svg(long, "light"))[1])
    assert 300 < wide < LONGEST_LABEL + LONGEST_WORDS + 60
    short = Badge(label="flaky", words="none", glyph="pass", tone="good", says="")
    assert int(re.search(r'width="(\d+)"', badge_svg(short, "light"))[1]) < 120


def test_what_is_stale_is_said_in_the_chart_and_to_who_does_not_see_it():
    stale = Caption(
        title="t", scope="", moment="", says="A.", stale="QA.tech is behind."
    )
    for svg in (
        daily_svg(days(), [], stale, "light"),
        trend_svg([1], "1", stale, "dark"),
    ):
        assert svg.count("QA.tech is behind.") == 3
        assert 'aria-label="A. QA.tech is behind."' in svg
