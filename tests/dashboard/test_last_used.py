"""What was used last stays, and no more than was said."""

from __future__ import annotations

from dashboard.last_used import LastUsed


def test_what_nobody_used_for_longest_goes_first() -> None:
    known = LastUsed[str, int](2)
    known.put("a", 1)
    known.put("b", 2)
    assert known.get("a") == 1
    known.put("c", 3)
    assert [known.get(key) for key in "abc"] == [1, None, 3]
    known.put("c", 4)
    assert [known.get(key) for key in "ac"] == [1, 4]
    known.clear()
    assert known.get("a") is None
