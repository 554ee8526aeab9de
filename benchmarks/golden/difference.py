"""Two recordings side by side: equal changes of several pages are told once."""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

NAMED = 6
_OUTER_SPACE = re.compile(r"^·\n?|·$", re.MULTILINE)
LONGEST = 60


def compare(before: Path, after: Path, *, is_loose: bool = False) -> int:
    """Print what differs; gives the number of files that do. `is_loose`: spaces at the
    ends of texts do not count, which most styles swallow.
    """
    old, new = _files(before, is_loose), _files(after, is_loose)
    alone = 0
    for title, names in (
        ("only before", sorted(old.keys() - new.keys())),
        ("only after", sorted(new.keys() - old.keys())),
    ):
        alone += len(names)
        for name in names:
            print(f"{title}: {name}")
    groups: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for name in sorted(old.keys() & new.keys()):
        if old[name] != new[name]:
            groups[tuple(_changes(old[name], new[name]))].append(name)
    for changes, names in sorted(groups.items(), key=lambda group: -len(group[1])):
        _tell(changes, names)
    changed = sum(map(len, groups.values()))
    same = len(old.keys() & new.keys()) - changed
    print(
        f"\n{same} the same, {changed} changed in {len(groups)} ways, {alone} on one side"
    )
    return changed + alone


def _files(folder: Path, is_loose: bool) -> dict[str, str]:
    found = {
        str(path.relative_to(folder)): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*.txt"))
    }
    if is_loose:
        found = {name: _OUTER_SPACE.sub("", text) for name, text in found.items()}
    if not found:
        raise SystemExit(f"{folder} holds no recording.")
    return found


def _changes(old: str, new: str) -> Iterator[str]:
    """A unified difference without the places, so that equal ones are equal."""
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), n=1, lineterm="")
    for number, line in enumerate(lines):
        if number >= 2:
            yield "@@" if line.startswith("@@") else line


def _tell(changes: tuple[str, ...], names: list[str]) -> None:
    count = f"the same change in {len(names)} files" if len(names) > 1 else "one file"
    print(f"\n=== {count}:")
    for name in names[:NAMED]:
        print(f"  {name}")
    if len(names) > NAMED:
        print(f"  … and {len(names) - NAMED} more")
    for line in changes[:LONGEST]:
        print(line)
    if len(changes) > LONGEST:
        print(f"… {len(changes) - LONGEST} more lines")
