"""What a testcase is called and where it stands, in the dialects of the writers."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ingest.intake.report import cut

# How pytest calls its suite, unless told otherwise, and what is around it.
_PYTEST, _PYTESTS_ROOT = "pytest", "pytest tests"
# Node's own runner gives every test this class, and nests suites.
_NODE = "test"
_JAVASCRIPT = (".js", ".ts", ".jsx", ".tsx", ".mjs", ".mts", ".cjs", ".cts")
# Nothing, or a place on one machine, such as the settings that PHPUnit was run with.
_MACHINES = re.compile(r"\Z|/|[A-Za-z]:[\\/]")
_BETWEEN = " > "


@dataclass(frozen=True, slots=True)
class Suite:
    """`path` is its name behind those around it, but for the root's: of that only where
    nothing is nested in it. `project` is one of Playwright's, which runs a file for each.
    """

    name: str = ""
    path: str = ""
    file: str = ""
    project: str = ""
    is_of_node: bool = False
    is_of_pytest: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """`group` tells tests of one name apart; either may be ""."""

    group: str
    name: str
    folder: str


class Suites:
    """The suites that are open, of which the innermost is the current one."""

    def __init__(self) -> None:
        self._open: list[Suite] = []
        self._root: dict[str, str] = {}

    @property
    def current(self) -> Suite:
        return self._open[-1] if self._open else Suite()

    def enter(self, attributes: dict[str, str]) -> None:
        if not self._open:
            self._root = attributes
        outer, own = self.current, attributes.get("name", "").strip()
        is_nested = len(self._open) > 1 and own and not _MACHINES.match(outer.path)
        path = f"{outer.path}{_BETWEEN}{own}" if is_nested else own or outer.path
        made = Suite(
            name=own or outer.name,
            path=cut(path),
            file=attributes.get("file") or attributes.get("filepath") or outer.file,
            project=self._project(own, attributes),
            is_of_pytest=own == _PYTEST or self._root.get("name") == _PYTESTS_ROOT,
            is_of_node=not self._root and (not self._open or "disabled" in attributes),
        )
        self._open.append(made)

    def leave(self) -> None:
        self._open.pop()

    def _project(self, name: str, attributes: dict[str, str]) -> str:
        """Elsewhere a host is the machine, which changes from run to run."""
        is_playwright = "id" in self._root and name.endswith(_JAVASCRIPT)
        return attributes.get("hostname", "").strip() if is_playwright else ""


def place(attributes: dict[str, str], suite: Suite) -> Place:
    """Where the testcase of these attributes stands; its class is the group, where it
    has one that is more than its own title.
    """
    given = (attributes.get("classname") or attributes.get("class") or "").strip()
    name = attributes.get("name", "").strip()
    group = cut(_group(given, name, suite))
    folder = group if given != name else suite.path
    if given and name and given != name and given[-1] == name[-1]:
        before = _before_title(given, name) or _before_title(name, given)
        folder = cut(before) or folder
    return Place(group, cut(name), folder)


def _group(given: str, name: str, suite: Suite) -> str:
    if not given or (suite.is_of_node and given == _NODE):
        return suite.path
    if suite.project and given == suite.name and f"[{suite.project}]" not in name:
        return f"{suite.project}{_BETWEEN}{given}"
    # Go's package, of which older writers give a class its last part alone.
    return suite.name if suite.name.endswith(f"/{given}") else given


def _before_title(whole: str, title: str) -> str:
    """What comes before the title in the class or the name of a writer that puts both
    into one; "" where it does not.
    """
    return whole[: -len(title)].strip() if whole.endswith(f" {title}") else ""
