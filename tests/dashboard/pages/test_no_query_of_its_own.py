"""Pages ask lists, metrics and annotations, and no table themselves."""

from __future__ import annotations

import re
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR) / "dashboard"
ASKS_A_TABLE = re.compile(
    r"\.(objects|_default_manager)\.|get_(object|list)_or_404|\.cursor\("
)


def test_no_page_and_nothing_that_pages_share_asks_a_table():
    modules = [*ROOT.glob("pages/**/*.py"), *ROOT.glob("ui/**/*.py")]
    assert len(modules) > 100
    queries = [
        f"{module.relative_to(ROOT)}:{number}"
        for module in modules
        for number, line in enumerate(module.read_text().splitlines(), 1)
        if ASKS_A_TABLE.search(line)
    ]
    assert queries == []
