"""What travels over the wire when somebody opens the overview, and does so again."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from playwright.sync_api import CDPSession

from tests.browser.visits import ARTIFACTS, new_context, settle

FIRST_VISIT_BYTES, REPEAT_VISIT_BYTES = 600_000, 40_000


class Scale:
    """Weighs what the browser receives, headers included; its cache weighs nothing."""

    def __init__(self, session: CDPSession) -> None:
        self.received: Counter[str] = Counter()
        self._names: dict[str, str] = {}
        session.on("Network.responseReceived", self._answered)
        session.on("Network.loadingFinished", self._finished)
        session.send("Network.enable")

    def _answered(self, event: dict) -> None:
        url = event["response"]["url"]
        self._names[event["requestId"]] = url.partition("//")[2].partition("/")[2]

    def _finished(self, event: dict) -> None:
        name = self._names.get(event["requestId"], "?")
        self.received[name or "the page"] += round(event["encodedDataLength"])

    def take(self) -> Counter[str]:
        taken, self.received = self.received, Counter()
        return Counter({name: size for name, size in taken.items() if size})


@pytest.mark.parametrize("page_name", ["overview", "run"])
def test_a_visit_is_light_and_the_next_one_lighter(browser, sites, capsys, page_name):
    context = new_context(browser, sites.full)
    page = context.new_page()
    scale = Scale(context.new_cdp_session(page))
    weighed = []
    for _ in range(2):
        page.goto(sites.found.addresses[page_name], wait_until="networkidle")
        settle(page)
        weighed.append(scale.take())
    context.close()
    first, repeat = (sum(one.values()) for one in weighed)
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    told = json.dumps([dict(one.most_common()) for one in weighed], indent=2)
    (ARTIFACTS / f"bytes-{page_name}.json").write_text(told)
    with capsys.disabled():
        print(f"\n{page_name}: {first:,} bytes at first, {repeat:,} again")  # noqa: T201
    assert 10_000 < first < FIRST_VISIT_BYTES
    # A page that has not changed is not sent again.
    assert 100 < repeat < REPEAT_VISIT_BYTES
