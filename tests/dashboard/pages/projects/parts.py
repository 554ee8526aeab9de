"""What the tests of a project's page share."""

from __future__ import annotations

from tests.dashboard.number_links import html_of


def page_of(client, project, query: str = "") -> str:
    return html_of(client, f"/projects/{project.pk}/{query}")
