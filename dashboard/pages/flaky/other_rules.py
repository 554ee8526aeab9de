"""What other systems' rules would call flaky: a panel that loads by itself."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.metrics.judged_cases import judged_cases
from dashboard.metrics.other_flaky_rules import OURS, RULES, Rule
from dashboard.pages.flaky.page_data import OTHERS
from dashboard.precomputed.cached import Metric, cached
from dashboard.precomputed.flaky import rule_counts
from dashboard.ui import links
from dashboard.ui.number_links import counted
from dashboard.ui.panels import did_not_load, load_or_none
from dashboard.ui.parts import EmptyState, Number
from dashboard.ui.text import numbers
from dashboard.ui.url_state import VIEW, PageState


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherRules:
    """What our rule and each other one calls flaky of the same `tests`. `href` loads
    the panel, which has nothing of that until then.
    """

    href: str
    tests: Number | None = None
    ours: Number | None = None
    rules: tuple[tuple[Rule, Number], ...] = ()
    empty: EmptyState | None = None


def other_rules(state: PageState, *, is_asked: bool) -> OtherRules:
    """The counts, over all tests that the filters choose."""
    href = state.with_own(**{VIEW: OTHERS})
    if not is_asked:
        return OtherRules(href=href)
    loaded = load_or_none("other rules", lambda: cached(_COUNTS, state.filters))
    if loaded is None:
        return OtherRules(href=href, empty=did_not_load("panel", state.href))
    counts, tests = loaded
    return OtherRules(
        href=href,
        tests=Number(text=numbers.plural(tests, "test"), metric="judged", value=tests),
        ours=counted("flaky", counts[OURS], links.flaky(state.filters)),
        rules=tuple(
            (rule, counted(f"flaky_{name}", counts[name], ""))
            for name, rule in RULES.items()
        ),
    )


_COUNTS = Metric(
    name="other-rules",
    kind=tuple[dict[str, int], int],
    compute=lambda filters: (rule_counts(filters), judged_cases(filters)),
)
