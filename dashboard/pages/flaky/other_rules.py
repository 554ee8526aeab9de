"""What other systems' rules would call flaky: a panel that loads by itself."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.metrics.judged_cases import judged_cases
from dashboard.metrics.other_flaky_rules import OURS, RULES
from dashboard.pages.flaky.state import OTHERS, FlakyState
from dashboard.precomputed.cached import Metric, cached
from dashboard.precomputed.flaky import rule_counts
from dashboard.ui import links
from dashboard.ui.panels import did_not_load, load_or_none
from dashboard.ui.parts import EmptyState, Number
from dashboard.ui.text import numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherRule:
    """What another system's rule calls flaky of the same results; `source` is the
    public page that describes it.
    """

    name: str
    rule: str
    number: Number
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherRules:
    """`href` loads the panel, which is empty until then; `of` is of how many tests."""

    href: str
    of: Number | None = None
    rules: tuple[OtherRule, ...] = ()
    is_loaded: bool = False
    empty: EmptyState | None = None


def not_yet(asked: FlakyState) -> OtherRules:
    """The place of the panel, and where it comes from."""
    return OtherRules(href=asked.page.with_own(view=OTHERS))


def other_rules(asked: FlakyState) -> OtherRules:
    """The counts, over all tests that the filters choose."""
    filters, href = asked.page.filters, asked.page.with_own(view=OTHERS)
    found = load_or_none(
        "other rules",
        lambda: cached(_COUNTS, filters),
    )
    if found is None:
        return OtherRules(
            href=href, is_loaded=True, empty=did_not_load("panel", asked.page.href)
        )
    counts, tests = found
    ours = Number(
        text=numbers.count(counts[OURS]),
        metric="flaky",
        value=counts[OURS],
        href=links.flaky(filters) if counts[OURS] else "",
    )
    return OtherRules(
        href=href,
        is_loaded=True,
        of=Number(text=numbers.plural(tests, "test"), metric="judged", value=tests),
        rules=(
            OtherRule(
                name="Passline",
                rule="two flake events, or one that is proven",
                number=ours,
            ),
            *(_rule(name, counts[name]) for name in RULES),
        ),
    )


_COUNTS = Metric(
    name="other-rules",
    kind=tuple[dict[str, int], int],
    compute=lambda filters: (rule_counts(filters), judged_cases(filters)),
)


def _rule(name: str, count: int) -> OtherRule:
    rule = RULES[name]
    return OtherRule(
        name=rule.label,
        rule=f"{rule.figure}: {rule.flaky}",
        source=rule.source,
        number=Number(text=numbers.count(count), metric=f"flaky_{name}", value=count),
    )
