"""A tool or a build says that runs have ended: they are read at once."""

from __future__ import annotations

import logging
from typing import Any

from kombu.exceptions import OperationalError
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from dashboard import lists
from dashboard.api import encoding, schema
from dashboard.api.bodies import Announcement
from dashboard.api.queries import refuse_all
from dashboard.api.schema_fields import body_serializer, serializer_of
from dashboard.api.shapes import Announced
from dashboard.api.views import Conflict, or_not_found, reader
from dashboard.models import ApiToken, Scope
from dashboard.reading.scope import everything
from ingest.models import Connection, Project
from ingest.models.connection import PUSH
from ingest.tasks import announce

logger = logging.getLogger(__name__)
MOST_RUNS, LONGEST_ID = 100, 500


class ConnectionAnnounce(APIView):
    """Starts a sync that reads these runs first. Needs the token alone."""

    write_scope = Scope.INTAKE

    @schema.describe_answer(
        "announce_runs",
        serializer_of(Announced),
        status=202,
        request=body_serializer(Announcement),
        errors=(404, 409),
    )
    def post(self, request: Request, pk: int) -> Response:
        refuse_all(request.query_params)
        connection = or_not_found(lists.one_connection(pk), "connection", pk)
        if connection.vendor == PUSH:
            raise Conflict(f"{connection.name} has no tool to ask for runs.")
        run_ids, asked = _read(request.data)
        project = project_of(connection, asked)
        token = request.auth
        if isinstance(token, ApiToken) and not token.may_push_to(project.pk):
            raise PermissionDenied(f"The token is not for project {project.pk}.")
        try:
            with everything():
                sync = announce(project, run_ids)
        except (OperationalError, OSError) as error:
            # The runs are noted: the beat begins the sync once the queue is back.
            logger.warning("%s: the queue does not answer: %s", connection.name, error)
            sync = None
        answer = Announced(runs=len(set(run_ids)), sync=sync)
        return Response(encoding.as_json(answer, reader(request)), status=202)


def _read(body: Any) -> tuple[list[str], Any]:
    """The ids and what names the project that the body names; raises ValidationError."""
    if not isinstance(body, dict):
        raise ValidationError({"runs": ["A JSON object with runs is needed."]})
    if unknown := sorted(set(body) - {"runs", "project"}):
        raise ValidationError({key: ["Unknown field."] for key in unknown})
    runs, project = body.get("runs"), body.get("project")
    if not isinstance(runs, list) or not 1 <= len(runs) <= MOST_RUNS:
        raise ValidationError({"runs": [f"1 to {MOST_RUNS} ids of the tool, a list."]})
    if not all(map(_is_id, runs)):
        said = f"Each id is a text of 1 to {LONGEST_ID} characters."
        raise ValidationError({"runs": [said]})
    return runs, project


def _is_id(value: Any) -> bool:
    return (
        isinstance(value, str) and value.isprintable() and 0 < len(value) <= LONGEST_ID
    )


def project_of(connection: Connection, asked: Any) -> Project:
    """The connection's only project, or the one asked for; raises ValidationError."""
    if asked is not None and (isinstance(asked, bool) or not isinstance(asked, int)):
        raise ValidationError({"project": ["The id of a project is needed."]})
    projects = {row.pk: row for row in connection.projects.filter(removed_at=None)}
    if asked is None and len(projects) == 1:
        return next(iter(projects.values()))
    if asked is None or asked not in projects:
        known = ", ".join(map(str, sorted(projects))) or "none yet"
        said = f"Name the project by its id here; {connection.name} has: {known}."
        raise ValidationError({"project": [said]})
    return projects[asked]
