"""The tree of folders against a plain count, for any folders."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dashboard.lists.folders import FolderCounts
from dashboard.pages.suites import tree as module
from dashboard.pages.suites.tree import branch_of, status_sums, tree
from ingest.contract import Status
from tests.dashboard.metrics import histories

names = st.sampled_from(["A", "B", "a", "Ü b", "/"])
paths = st.lists(names, max_size=4).map(" / ".join)
counts = st.dictionaries(
    paths,
    st.tuples(st.integers(1, 9), st.integers(0, 9)).map(
        lambda n: FolderCounts(tests=n[0] + n[1], never_executed=n[1])
    ),
    max_size=12,
)


def within(path: str, folder: str) -> bool:
    return f"{path} / ".startswith(f"{folder} / ")


@histories.some(60)
@given(counts, paths)
def test_each_folder_holds_what_lies_in_and_below_it(folders, opened):
    found = tree(folders, opened)
    assert found.whole.tests == sum(own.tests for own in folders.values())
    for row in found.folders:
        inside = [own for path, own in folders.items() if within(path, row.path)]
        assert row.counts.tests == sum(own.tests for own in inside) > 0
        assert row.counts.never_executed == sum(own.never_executed for own in inside)
        assert row.is_open == (row.path in branch_of(opened))


@histories.some(60)
@given(counts, paths)
def test_what_lies_in_open_folders_is_shown_and_nothing_else(folders, opened):
    found = tree(folders, opened)
    every = {above for path in folders for above in branch_of(path)[1:]}
    parents = set(branch_of(opened))
    assert [row.path for row in found.folders if row.level == 1] == sorted(
        (path for path in every if " / " not in path),
        key=lambda path: (path.casefold(), path),
    )
    shown = {path for path in every if path.rpartition(" / ")[0] in parents}
    assert {row.path for row in found.folders} == shown
    for row in found.folders:
        below = [path for path in every if path.startswith(f"{row.path} / ")]
        assert row.has_folders == bool(below)
        assert row.level == len(row.path.split(" / "))


def test_a_level_of_many_folders_is_cut_and_says_so(monkeypatch):
    monkeypatch.setattr(module, "MOST_FOLDERS", 3)
    one = FolderCounts(tests=1, never_executed=0)
    found = tree({f"F{n}": one for n in range(9)}, "F8")
    # The open one is shown wherever it stands.
    assert [row.name for row in found.folders] == ["F0", "F1", "F2", "F8"]
    assert found.left_out == 5


def test_statuses_are_summed_up_to_the_root():
    told = {
        "A / B": {Status.PASSED: 2},
        "A": {Status.FAILED: 1},
        "C": {Status.PASSED: 1},
    }
    sums = status_sums(told)
    assert sums["A"] == {Status.PASSED: 2, Status.FAILED: 1}
    assert sums[""] == {Status.PASSED: 3, Status.FAILED: 1}
