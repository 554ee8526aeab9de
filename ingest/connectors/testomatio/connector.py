"""Testomat.io as one connector: which API reads a project, and rows to records."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, ClassVar, Self, TypeVar

from ingest.connectors.reading import gathered, record
from ingest.connectors.testomatio.access import (
    FIELDS,
    LABEL,
    Access,
    Options,
    options_of,
    without_api_keys,
)
from ingest.connectors.testomatio.choice import ApiChoice
from ingest.connectors.testomatio.classic import Classic
from ingest.connectors.testomatio.gaps import Gaps, is_incomplete
from ingest.connectors.testomatio.listed import case_record, test_key
from ingest.connectors.testomatio.names import flat, flat_or_empty, uid
from ingest.connectors.testomatio.runs import (
    milestone_record,
    project_record,
    run_record,
)
from ingest.connectors.testomatio.suites import Folders, Groups
from ingest.connectors.testomatio.testruns import example_of, in_order, result_record
from ingest.connectors.testomatio.v2 import V2
from ingest.contract import (
    Capabilities,
    CaseRecord,
    CheckItem,
    CheckReport,
    ConfigError,
    ConnectionConfig,
    Field,
    ListedRun,
    MilestoneRecord,
    ProjectRecord,
    Reject,
    ResultRecord,
    RunRecord,
    ThreadRecord,
)
from ingest.http import UnsupportedError
from ingest.parse import Row, RowError, moment

Record = TypeVar("Record")


class ConnectorForTestomatio:
    """Testomat.io by its two reading APIs.

    v2 answers flat rows and alone has milestones; the classic API is everywhere, and
    alone lists projects and names the values of parametrised tests. The same ids and
    keys come out of both, so a project may change from one to the other. Run groups
    become the source of a run (setting `source_field`); plans are not stored, because
    they name tests to be run and no time by which.
    """

    vendor: ClassVar[str] = "testomatio"
    label: ClassVar[str] = LABEL
    default_base_url: ClassVar[str] = "https://app.testomat.io"
    fields: ClassVar[tuple[Field, ...]] = FIELDS
    capabilities: ClassVar[Capabilities] = Capabilities(
        milestones=True,
        cases=True,
        late_changes_missed=(
            "In a run that has ended two results that change places leave Testomat.io's "
            "totals as they are: a full sync sees them."
        ),
    )

    def __init__(
        self, config: ConnectionConfig, access: Access, options: Options
    ) -> None:
        self._access = access
        self._options = options
        self._notes: dict[str, None] = {}
        self._classic = Classic(access, self._note)
        self._v2 = V2(access, self._note, lambda project: self._apis.forget(project))
        setting = options.api if access.has_token else "classic"
        self._apis = ApiChoice(
            setting, config.memory, self._classic, self._v2, self._note
        )
        self._gaps = Gaps(self._classic, self._note)
        self._versions: dict[str, str] = {}
        self._folders: dict[str, Folders] = {}
        self._groups: dict[str, Groups] = {}

    @classmethod
    def connect(cls, config: ConnectionConfig) -> Self:
        options = options_of(config)
        access = Access(config, options.origin)
        if options.api == "v2" and not access.has_token:
            raise ConfigError(f"API v2 of {LABEL} needs an API token. Enter one.")
        return cls(config, access, options)

    def check(self) -> CheckReport:
        """Lists the projects; API and milestones are tried on the first of them."""
        listed, _ = gathered(self.projects())
        found = [p for p in listed if isinstance(p, ProjectRecord)]
        items = [
            CheckItem(label="Address", value=self._options.origin),
            CheckItem(label=self._access.way_in, value="accepted"),
            CheckItem(
                label="Projects",
                value=str(len(found)),
                state="ok" if found else "gap",
            ),
        ]
        for project in found[:1]:
            items += self._apis.check_items(project.external_id)
        return CheckReport(items=tuple(items))

    def projects(self) -> Iterator[ProjectRecord | Reject]:
        """The classic list even where v2 reads the runs: v2 has no list of projects."""
        origin = self._options.origin
        listed: Iterator[Any] = iter({"id": slug} for slug in self._options.projects)
        if not self._options.projects:
            listed = self._classic.projects()
        for row in listed:
            yield self._record(row, "projects", partial(project_record, origin=origin))

    def milestones(self, project: str) -> Iterator[MilestoneRecord | Reject]:
        if self._apis.of(project) is not self._v2:
            # Not an empty list: those that API v2 told of before are not gone.
            raise UnsupportedError(
                f"{project}: {LABEL}'s classic API has no milestones."
            )
        for row in self._v2.milestones(project):
            yield self._record(row, f"{project}/milestones", milestone_record)

    def milestone(
        self, project: str, milestone_id: str
    ) -> MilestoneRecord | Reject | None:
        row = None
        if self._apis.of(project) is self._v2:
            row = self._v2.milestone(project, milestone_id)
        if row is None:
            return None
        where = f"{project}/milestones/{milestone_id}"
        return self._record(row, where, milestone_record)

    def runs(
        self, project: str, *, since: datetime | None = None
    ) -> Iterator[RunRecord | ListedRun | Reject]:
        """Newest first; nothing but the order lets us stop before the last page.

        Of a run that v2 tells only in part the rest would cost a request.
        """

        def is_older(row: Any) -> bool:
            created_at = _created_at(row)
            return since is not None and created_at is not None and created_at < since

        api = self._apis.of(project)
        for row in api.runs(project, is_older):
            if is_older(row) or self._is_group(row):
                continue
            listed = _listed_run(row) if api is self._v2 else None
            if listed is not None:
                self._versions[listed.external_id] = listed.version
                yield listed
            else:
                parse = partial(self._run, project)
                yield self._record(row, f"{project}/runs", parse)

    def run(self, project: str, run_id: str) -> RunRecord | Reject | None:
        found = self._apis.of(project).run(project, run_id)
        if found is None:
            return None
        where = f"{project}/runs/{run_id}"
        return self._record(found, where, partial(self._run, project))

    def threads(self, project: str, run: RunRecord) -> Iterator[ThreadRecord | Reject]:
        yield from ()

    def results(self, project: str, run: RunRecord) -> Iterator[ResultRecord | Reject]:
        """All rows of the run are read before the first comes out.

        Their order is that of their ids, not of the list, and only all of them tell
        whether v2 hides examples.
        """
        api = self._apis.of(project)
        found, lack = gathered(api.testruns(project, run.external_id))
        testruns = in_order(found)
        examples: dict[str, str] = {}
        if api is self._v2:
            of_run = project, run.external_id
            examples, unnamed = self._gaps.examples(*of_run, testruns)
            lack = lack or unnamed
        parse = partial(
            self._result, run=run, folders=self._folders_of(project), examples=examples
        )
        for row in testruns:
            yield self._record(row, f"{project}/runs/{run.external_id}/testruns", parse)
        if lack:
            raise lack

    def cases(self, project: str) -> Iterator[CaseRecord | Reject]:
        """v2 lists them by pages; the classic API takes a request for each suite."""
        tree = self._folders_of(project).tree
        for row in self._apis.of(project).tests(project, tree):
            parse = partial(case_record, tree=tree)
            yield self._record(row, f"{project}/tests", parse)

    def milestone_cases(
        self, project: str, milestone: MilestoneRecord
    ) -> Iterator[str | Reject]:
        if self._apis.of(project) is not self._v2:
            raise UnsupportedError(
                f"{project}: {LABEL}'s classic API has no milestones."
            )
        for row in self._v2.tests_of_milestone(project, milestone.name):
            yield self._record(row, f"{project}/tests", lambda row: test_key(flat(row)))

    def notes(self) -> list[str]:
        return list(self._notes)

    def _run(self, project: str, row: Row) -> RunRecord:
        found: Row = flat(row)
        if self._apis.of(project) is self._v2:
            found = self._gaps.completed(project, found)
        path = self._groups_of(project).path
        run = run_record(found, project, self._options, path)
        return replace(run, version=self._versions.get(run.external_id, ""))

    def _result(
        self, row: Row, *, run: RunRecord, folders: Folders, examples: dict[str, str]
    ) -> ResultRecord:
        found = flat(row)
        example = example_of(found) or examples.get(uid(found.get("id")), "")
        return result_record(
            found,
            self._options.status_map,
            run.vendor_url,
            folders.of(found),
            example,
        )

    def _record(
        self, row: Any, where: str, parse: Callable[[Row], Record]
    ) -> Record | Reject:
        found = record(row, where, parse)
        if isinstance(found, Reject):
            return replace(found, payload=without_api_keys(found.payload))
        return found

    def _is_group(self, row: Any) -> bool:
        """The dashboard mixes run groups into the runs; should a list do so too, they
        are no runs."""
        is_group = isinstance(row, dict) and str(row.get("type")).startswith("rungroup")
        if is_group:
            self._note("Run groups in the list of runs were left out.")
        return is_group

    def _folders_of(self, project: str) -> Folders:
        api = self._apis.of(project)
        if project not in self._folders:
            load, load_tests = (
                partial(api.suites, project),
                partial(api.load_tests, project),
            )
            self._folders[project] = Folders(load, load_tests)
        return self._folders[project]

    def _groups_of(self, project: str) -> Groups:
        if project not in self._groups:
            fetch = partial(self._apis.of(project).group, project)
            self._groups[project] = Groups(fetch)
        return self._groups[project]

    def _note(self, sentence: str) -> None:
        self._notes[sentence] = None


def _created_at(row: Any) -> datetime | None:
    """When a run was created; None for a row that does not say, which is then read."""
    try:
        return moment(flat_or_empty(row), "created_at")
    except RowError:
        return None


def _listed_run(row: Any) -> ListedRun | None:
    """A run that the list tells in part, None for a whole one; without a status there,
    nothing shows that it has changed.
    """
    run = flat_or_empty(row)
    run_id = uid(run.get("id"))
    if not run_id or not is_incomplete(run):
        return None
    version = repr(sorted(run.items())) if run.get("status") else ""
    return ListedRun(external_id=run_id, version=version)
