"""How numbers, times and verdicts read."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dashboard.ui.parts import Number, Sentence
from dashboard.ui.text import deltas, numbers, runs, times, verdicts

NOW = datetime(2026, 11, 19, 9, 14, tzinfo=UTC)


def text(sentence: Sentence) -> str:
    return "".join(piece.text for piece in sentence.bold + sentence.rest)


@pytest.mark.parametrize(
    ("number", "parts"),
    [
        (9_999, (("9,999", ""),)),
        (336_982, (("337.0", "k"),)),
        (999_949, (("999.9", "k"),)),
        (999_950, (("1.00", "M"),)),
    ],
)
def test_only_key_figures_shorten_counts(number, parts):
    assert numbers.count_parts(number) == parts


@pytest.mark.parametrize(
    ("duration_ms", "read"),
    [
        (None, "\N{EN DASH}"),
        (0, "0s"),
        (1, "0.1s"),
        (300, "0.3s"),
        (58_400, "58s"),
        (59_600, "1m 00s"),
        (1_122_000, "18m 42s"),
        (3_599_600, "1h 00m"),
        (148_800_000, "41h 20m"),
        (-41_000, "\N{MINUS SIGN}41s"),
    ],
)
def test_durations_keep_two_units(duration_ms, read):
    assert times.duration(duration_ms) == read


def test_duration_parts_split_number_and_unit():
    assert times.duration_parts(148_800_000) == (("41", "h"), ("20", "m"))


def test_the_run_clock_shows_hours_only_when_there_are_any():
    assert times.clock(834_000) == "13:54"
    assert times.clock(3_730_000) == "1:02:10"


@pytest.mark.parametrize(
    ("seconds", "read"),
    [(5, "now"), (240, "4 min"), (26 * 3600, "26 h"), (73 * 3600, "3 days")],
)
def test_ages_are_in_the_unit_that_people_count(seconds, read):
    assert times.age(NOW - timedelta(seconds=seconds), NOW) == read


def test_after_two_days_an_age_becomes_a_moment():
    assert times.ago(NOW - timedelta(hours=26), NOW, UTC) == "26 h ago"
    assert times.ago(NOW - timedelta(hours=49), NOW, UTC) == "17 Nov 08:14"
    assert times.until(NOW + timedelta(seconds=56), NOW) == "in 56 s"
    assert times.until(NOW - timedelta(seconds=1), NOW) == "due now"


def test_moments_are_in_the_viewers_zone_and_shrink_with_nearness():
    zone = ZoneInfo("Europe/Berlin")
    late = datetime(2026, 11, 18, 23, 4, tzinfo=UTC)
    assert times.moment(late, NOW, UTC) == "18 Nov 23:04"
    assert times.moment(late, NOW, zone) == "00:04"
    assert times.moment(datetime(2025, 10, 3, tzinfo=UTC), NOW, zone) == "3 Oct 2025"
    assert times.timestamp(late, zone) == "19 Nov 2026, 00:04:00 CET"


def test_days_and_ranges_read_short():
    first, last = date(2026, 10, 21), date(2026, 11, 19)
    assert times.day_range(first, last) == "21 Oct \N{EN DASH} 19 Nov"
    assert times.day_range(last, last) == "19 Nov"
    assert times.weekday(date(2026, 11, 16)) == "Mon 16 Nov"


def test_a_small_change_of_a_rate_is_noise_not_news():
    noise = deltas.rate_delta(0.9400, 0.9420)
    worse = deltas.rate_delta(0.9370, 0.9460)
    better = deltas.rate_delta(0.9500, 0.9400)
    assert noise is not None
    assert worse is not None
    assert better is not None
    assert (noise.tone, noise.arrow, noise.text) == ("flat", "down", "0.2 pts")
    assert (worse.tone, worse.arrow, worse.text) == ("bad", "down", "0.9 pts")
    assert (better.tone, better.arrow) == ("good", "up")
    assert deltas.rate_delta(None, 0.5) is None


def test_more_failures_are_worse_and_more_runs_are_neither():
    assert deltas.count_delta(128, 97).tone == "bad"
    assert deltas.count_delta(61, 66).tone == "good"
    assert deltas.count_delta(5, 5).arrow == ""
    runs = deltas.share_delta(1575, 1514)
    assert runs is not None
    assert (runs.text, runs.arrow, runs.tone) == ("4%", "up", "flat")
    assert deltas.share_delta(5, 0) is None


def test_a_longer_run_is_worse_only_beyond_a_twentieth():
    slower = deltas.duration_delta(1_122_000, 937_000)
    steady = deltas.duration_delta(1_010_000, 1_000_000)
    assert slower is not None
    assert steady is not None
    assert (slower.text, slower.tone) == ("3m 05s", "bad")
    assert steady.tone == "flat"
    assert deltas.duration_delta(1000, 1000) is None


def number(value: int) -> Number:
    return Number(text=str(value), value=value, href="/cases/", metric="failing_now")


def test_a_fall_names_the_project_behind_it_and_its_failing_tests():
    cause = verdicts.Cause(
        project="Checkout",
        href="/projects/1/",
        points=-4.1,
        failing=number(37),
        newly_failing=number(12),
    )
    verdict = verdicts.pass_rate_verdict(0.937, 0.946, cause=cause)
    assert verdict.glyph == "fail"
    assert text(verdict.sentence) == (
        "Pass rate fell 0.9 points to 93.7%. Most of the drop is in Checkout: "
        "37 tests fail there now, 12 of them since yesterday."
    )
    doors = [piece.text for piece in verdict.sentence.rest if piece.href]
    assert doors == ["Checkout", "37 tests", "12"]


def test_a_rise_names_the_largest_gain():
    cause = verdicts.Cause(project="Onboarding", href="/projects/9/", points=2.3)
    verdict = verdicts.pass_rate_verdict(0.951, 0.939, cause=cause)
    assert text(verdict.sentence) == (
        "Pass rate rose 1.2 points to 95.1%. Largest gain: Onboarding, 2.3 points."
    )


def test_a_steady_rate_with_new_failures_still_says_so():
    verdict = verdicts.pass_rate_verdict(0.937, 0.938, newly_failing=number(4))
    assert text(verdict.sentence) == "Steady at 93.7%, 4 tests started failing."


def test_nothing_notable_is_one_short_sentence_with_stale_tools_appended():
    verdict = verdicts.pass_rate_verdict(
        0.937, None, stale=[verdicts.StaleTool(name="QA.tech", age="26 h")]
    )
    assert text(verdict.sentence) == "Pass rate 93.7%. Without QA.tech, 26 h old."


def test_new_failures_win_over_a_rate_that_rose():
    cause = verdicts.Cause(
        project="Checkout", href="/", points=0.2, newly_failing=number(12)
    )
    verdict = verdicts.pass_rate_verdict(
        0.951, 0.939, cause=cause, failing=number(37), newly_failing=number(14)
    )
    assert verdict.glyph == "fail"
    assert text(verdict.sentence) == (
        "14 tests started failing, though the pass rate rose 1.2 points to 95.1%. "
        "12 of them in Checkout."
    )
    verdict = verdicts.project_verdict(
        0.951, 0.939, failing=number(37), newly_failing=number(14), folder="cart"
    )
    assert verdict.glyph == "fail"
    assert text(verdict.sentence) == (
        "14 tests started failing, though the pass rate rose 1.2 points to 95.1%. "
        "37 tests fail now."
    )


@pytest.mark.parametrize(
    ("now", "before", "failing", "glyph", "words"),
    [
        (0.00025, None, 3999, "fail", "Pass rate <0.1%. 3,999 tests fail now."),
        (0.9, None, 4, "fail", "Pass rate 90.0%. 4 tests fail now."),
        (0.9, None, 0, "pass", "Pass rate 90.0%, no new failures."),
        (0.02, 0.02, 98, "fail", "Steady at 2.0%, no new failures. 98 tests fail now."),
        (
            0.1,
            0.02,
            90,
            "fail",
            "Pass rate rose 8.0 points to 10.0%. 90 tests fail now.",
        ),
        (0.93, 0.93, 7, "pass", "Steady at 93.0%, no new failures."),
        (0.95, 0.93, 5, "pass", "Pass rate rose 2.0 points to 95.0%."),
    ],
)
def test_no_tick_stands_beside_what_mostly_fails_or_is_held_against_nothing(
    now, before, failing, glyph, words
):
    verdict = verdicts.pass_rate_verdict(
        now, before, failing=number(failing), newly_failing=number(0)
    )
    assert (verdict.glyph, text(verdict.sentence)) == (glyph, words)


@pytest.mark.parametrize(
    ("now", "before", "glyph", "words"),
    [
        (0.00025, None, "fail", "Pass rate <0.1%."),
        (1.0, None, "pass", "Pass rate 100.0%."),
        (0.02, 0.02, "fail", "Steady at 2.0%."),
        (0.93, 0.93, "pass", "Steady at 93.0%."),
    ],
)
def test_of_totals_alone_no_failing_test_is_told(now, before, glyph, words):
    verdict = verdicts.pass_rate_verdict(now, before)
    assert (verdict.glyph, text(verdict.sentence)) == (glyph, words)


def test_without_a_decided_test_there_is_no_rate_to_speak_of():
    verdict = verdicts.pass_rate_verdict(None, 0.9)
    assert text(verdict.sentence) == "No test was decided in this window."


def test_a_cause_that_moves_the_other_way_is_not_blamed():
    rising = verdicts.Cause(project="Onboarding", href="/", points=2.0)
    verdict = verdicts.pass_rate_verdict(0.90, 0.95, cause=rising)
    assert text(verdict.sentence) == "Pass rate fell 5.0 points to 90.0%."


def test_an_uneven_run_says_what_to_spread_and_what_it_saves():
    ends = [("thread 1", 834_000), ("thread 2", 872_000), ("thread 4", 1_122_000)]
    sentence = runs.balance(ends, [60_000] * 5)
    assert sentence is not None
    assert text(sentence) == (
        "Thread 4 finished 4m 10s after the next slowest. "
        "Spread its 3 longest tests to save about 3 minutes."
    )


def test_an_even_run_says_how_even_and_one_thread_says_nothing():
    even = runs.balance([("a", 600_000), ("b", 610_000)], [])
    wide = runs.balance([("a", 300_000), ("b", 600_000), ("c", 610_000)], [])
    assert even is not None
    assert wide is not None
    assert text(even) == "Threads ended within 10s of each other."
    assert text(wide) == "Threads ended between 5:00 and 10:10."
    assert runs.balance([("a", 1)], []) is None


def test_the_summary_of_a_run_counts_decided_tests_only():
    sentence = runs.run_summary(286, 315)
    assert sentence is not None
    assert text(sentence) == "90.8% of 315 finished tests passed."
    assert runs.run_summary(0, 0) is None


def test_a_pager_without_rows_says_none():
    assert numbers.rows_range(51, 100, 1575) == "51\N{EN DASH}100 of 1,575"
    assert numbers.rows_range(0, 0, 0) == "none"
