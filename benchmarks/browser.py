"""What people wait for in a browser: pages of a filled folder in the system's Chromium.

`python -m benchmarks.browser FOLDER` serves the database that `benchmarks.scale` keeps there
and opens each page as somebody who has never been here, and again.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import requests
from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks import visits
from benchmarks.table import show
from tests.browser import chromium

SCREENS = {1440: 900, 390: 844}
LONGEST_START_S = 300


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    parser.add_argument("--only", default="", help="a part of the pages' names")
    chosen = parser.parse_args()
    with served(chosen.folder) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium.program(), args=chromium.FLAGS
        )
        addresses = {k: v for k, v in _addresses(url).items() if chosen.only in k}
        for address in addresses.values():
            requests.get(url + address, timeout=LONGEST_START_S)
        for width in SCREENS:
            _measure(browser, url, addresses, width)
        browser.close()


def _measure(browser: Browser, url: str, addresses: dict[str, str], width: int) -> None:
    rows = []
    for name, address in addresses.items():
        page = _own_page(browser, url, width)
        rows.append((name, *visits.measured(page, address)))
        page.context.close()
    show(
        f"{width} px wide; answer: its first byte; paint: the largest one of a first visit; shift: what moved by "
        "itself, and then, after what a person does; task: the longest of the first visit, "
        "and then; each action: to the next paint (– where the page has none)",
        visits.HEADS,
        rows,
    )


def _own_page(browser: Browser, url: str, width: int) -> Page:
    viewport = {"width": width, "height": SCREENS[width]}
    return browser.new_context(base_url=url, viewport=viewport).new_page()


@contextmanager
def served(folder: str) -> Iterator[str]:
    """The address of the web server on the folder's database, open to readers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="passline-bench-") as static:
        environment = os.environ | {
            **dict.fromkeys(("DATABASE_URL", "REDIS_URL"), ""),
            "DATA_DIR": folder,
            "STATIC_ROOT": static,
            "PUBLIC_READ": "on",
        }
        words = ("manage.py", "serve", "--web-only", f"--port={port}")
        server = subprocess.Popen([sys.executable, *words], env=environment)
        try:
            url = f"http://127.0.0.1:{port}"
            _wait(server, url)
            yield url
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(60)


def _wait(server: subprocess.Popen[bytes], url: str) -> None:
    for _ in range(LONGEST_START_S * 4):
        if server.poll() is not None:
            sys.exit("The server ended before it answered.")
        try:
            urllib.request.urlopen(f"{url}/healthz", timeout=LONGEST_START_S).close()
            return
        except urllib.error.URLError:
            time.sleep(0.25)
    sys.exit("The server did not answer.")


def _addresses(url: str) -> dict[str, str]:
    def newest(name: str, **asked: str) -> int:
        answer = requests.get(f"{url}/api/v1/{name}/", {"limit": "1", **asked})
        return int(answer.json()["results"][0]["id"])

    run = newest("runs")
    return {
        "overview": "/",
        "overview, 90 days": "/?window=90d",
        "a project": f"/projects/{newest('projects')}/",
        "flaky": "/flaky/",
        "failures": "/failures/",
        "results": "/results/?status=failed&window=30d",
        "runs": "/runs/",
        "a run": f"/runs/{run}/",
        "a case": f"/cases/{newest('cases')}/",
        "slow tests": "/cases/?view=slow",
        "milestones": "/milestones/",
        "a milestone": f"/milestones/{newest('milestones')}/",
        "stand-up": "/standup/",
        "compare": f"/compare/?head={run}",
        "sync": "/sync/",
    }


if __name__ == "__main__":
    main()
