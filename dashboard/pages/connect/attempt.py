"""Where a person stands with a connection: what is typed, found and wrong."""

from __future__ import annotations

from dataclasses import dataclass, field

from dashboard.addresses import address
from dashboard.pages.connect.discovery import Discovery, discover
from dashboard.pages.connect.form_state import FormState, named_projects, secrets_of
from dashboard.pages.connect.problems import Problems
from dashboard.ui import links
from ingest.connections import Vendor
from ingest.models import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """`row` is the connection to change, None for a new one.

    `error` is a sentence that belongs to no field. `can_start`: the values are those
    that a test passed with. `confirm_error`: the typed name was another.
    """

    form_state: FormState
    vendor: Vendor
    row: Connection | None = None
    discovery: Discovery | None = None
    problems: Problems = field(default_factory=dict)
    error: str = ""
    can_start: bool = False
    confirm_error: str = ""

    @property
    def href(self) -> str:
        if self.row:
            return links.settings_of(self.row.pk)
        return f"{address('connect')}?vendor={self.vendor.name}"

    @property
    def secrets(self) -> dict[str, str]:
        """Those that a test or a sync of this attempt uses."""
        return secrets_of(self.form_state, self.row)

    @property
    def chosen(self) -> set[str]:
        """Ids of the projects to sync, among those that the test listed."""
        listed = {id for id, _ in self.discovery.projects} if self.discovery else set()
        if self.form_state.chosen is not None:
            return listed & set(self.form_state.chosen)
        stored = listed & set(self.row.project_ids) if self.row else set()
        return stored or listed

    def discover(self) -> Discovery:
        return discover(
            self.vendor,
            base_url=self.form_state.base_url,
            values=self.form_state.settings,
            secrets=self.secrets,
            projects=named_projects(self.form_state, self.vendor),
        )
