"""What the browser receives, weighed as it comes over the wire."""

from __future__ import annotations

from collections import Counter
from typing import Any

from playwright.sync_api import CDPSession


class Scale:
    """Weighs what the browser receives, headers included; its cache weighs nothing."""

    def __init__(self, session: CDPSession) -> None:
        self.received: Counter[str] = Counter()
        self._names: dict[str, str] = {}
        session.on("Network.responseReceived", self._answered)
        session.on("Network.loadingFinished", self._finished)
        session.send("Network.enable")

    def _answered(self, event: dict[str, Any]) -> None:
        url = event["response"]["url"]
        self._names[event["requestId"]] = url.partition("//")[2].partition("/")[2]

    def _finished(self, event: dict[str, Any]) -> None:
        name = self._names.get(event["requestId"], "?")
        self.received[name or "the page"] += round(event["encodedDataLength"])

    def take(self) -> Counter[str]:
        taken, self.received = self.received, Counter()
        return Counter({name: size for name, size in taken.items() if size})
