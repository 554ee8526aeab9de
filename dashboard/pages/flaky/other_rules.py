"""What other systems' rules would call flaky: a panel that loads by itself."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.metrics.judged_cases import judged_cases
from dashboard.metrics.other_flaky_rules import OURS, RULES
from dashboard.pages.flaky.state import OTHERS
from dashboard.precomputed.cached import Metric, cached
from dashboard.precomputed.flaky import rule_counts
from dashboard.ui import links
from dashboard.ui.number_links import counted
from dashboard.ui.panels import did_not_load, load_or_none
from dashboard.ui.parts import EmptyState, Number
from dashboard.ui.text import numbers
from dashboard.ui.url_state import PageState


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherRule:
    """`number` is what the rule calls flaky of the same results; `source` is the public
    page that describes it.
    """

    name: str
    rule: str
    number: Number
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherRules:
    """`href` loads the panel, which has no `rules` until then; `tests` are all that were
    judged.
    """

    href: str
    tests: Number | None = None
    rules: tuple[OtherRule, ...] = ()
    empty: EmptyState | None = None


def panel_address(state: PageState) -> str:
    return state.with_own(view=OTHERS)


def other_rules(state: PageState) -> OtherRules:
    """The counts, over all tests that the filters choose."""
    filters, href = state.filters, panel_address(state)
    loaded = load_or_none("other rules", lambda: cached(_COUNTS, filters))
    if loaded is None:
        return OtherRules(href=href, empty=did_not_load("panel", state.href))
    counts, tests = loaded
    ours = OtherRule(
        name="Passline",
        rule="two flake events, or one that is proven",
        number=counted("flaky", counts[OURS], links.flaky(filters)),
    )
    others = (
        OtherRule(
            name=rule.label,
            rule=f"{rule.figure}: {rule.flaky}",
            number=counted(f"flaky_{name}", counts[name], ""),
            source=rule.source,
        )
        for name, rule in RULES.items()
    )
    judged = Number(text=numbers.plural(tests, "test"), metric="judged", value=tests)
    return OtherRules(href=href, tests=judged, rules=(ours, *others))


_COUNTS = Metric(
    name="other-rules",
    kind=tuple[dict[str, int], int],
    compute=lambda filters: (rule_counts(filters), judged_cases(filters)),
)
