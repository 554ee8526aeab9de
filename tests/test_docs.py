"""What readers are promised: each vendor and each of its settings is explained."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.connectors import CONNECTORS

ROOT = Path(__file__).parent.parent
# Every connector takes these; they are explained once.
COMMON = {"branch_field", "commit_field"}


def section(vendor: str) -> str:
    _, _, rest = (ROOT / "docs/vendors.md").read_text().partition(f"\n## {vendor}\n")
    return rest.partition("\n## ")[0]


@pytest.mark.parametrize("vendor", CONNECTORS)
def test_every_setting_of_a_vendor_is_explained_under_its_heading(vendor: str):
    names = {field.name for field in CONNECTORS[vendor].fields} - COMMON
    missing = [name for name in sorted(names) if f"`{name}" not in section(vendor)]
    assert not missing, f"docs/vendors.md, {vendor}: say what {missing} mean"


@pytest.mark.parametrize("vendor", CONNECTORS)
def test_what_a_plain_sync_misses_is_told(vendor: str):
    assert CONNECTORS[vendor].capabilities.late_changes_missed
    assert "Missed by a plain sync" in section(vendor)


def test_the_settings_that_all_vendors_take_are_explained():
    text = (ROOT / "docs/vendors.md").read_text()
    assert [name for name in COMMON if f"`{name}`" not in text] == []
