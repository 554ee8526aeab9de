"""Runs changed and closed, and tests made, where the tool offers it."""

from __future__ import annotations

import logging
from typing import Any

from kombu.exceptions import OperationalError
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from dashboard import lists
from dashboard.annotations.started_runs import (
    KEPT,
    Kept,
    change_run,
    close_run,
    create_case,
)
from dashboard.api import encoding, schema
from dashboard.api.announce import project_of
from dashboard.api.bodies import ChangeOfRun, NewTest
from dashboard.api.queries import refuse_all
from dashboard.api.rows import RunObject
from dashboard.api.schema_fields import body_serializer, serializer_of
from dashboard.api.schema_parameters import IDEMPOTENCY_KEY
from dashboard.api.shapes import MadeTest, RunAtTheTool
from dashboard.api.started import (
    Refused,
    body_of,
    key_of,
    name_of,
    refusals,
)
from dashboard.api.views import or_not_found, reader
from dashboard.reading.scope import everything
from ingest.models import MilestoneMember, Run
from ingest.starting import LONGEST_TEXT
from ingest.tasks import announce

logger = logging.getLogger(__name__)


class ChangeableRun(RunObject):
    """One run; a PATCH gives it another name or milestone at its tool."""

    @schema.describe_answer(
        "change_run",
        serializer_of(RunAtTheTool),
        status=202,
        request=body_serializer(ChangeOfRun),
        errors=(404, 409, 422),
    )
    def patch(self, request: Request, pk: int) -> Response:
        refuse_all(request.query_params)
        run = or_not_found(lists.one_run(pk), "run", pk)
        name, milestone = _changes(run, body_of(request))
        with refusals():
            change_run(run, name, milestone, by=name_of(request))
        return _read_again(request, run)


class RunClose(APIView):
    """Closes a run at its tool: nothing more comes into it."""

    @schema.describe_answer(
        "close_run",
        serializer_of(RunAtTheTool),
        status=202,
        request=None,
        errors=(404, 409, 422),
    )
    def post(self, request: Request, pk: int) -> Response:
        refuse_all(request.query_params)
        run = or_not_found(lists.one_run(pk), "run", pk)
        with refusals():
            close_run(run, by=name_of(request))
        return _read_again(request, run)


class ConnectionCases(APIView):
    """Makes a test at the tool: the fields that it takes, under its own names, and
    `project` where the connection has several.
    """

    @schema.describe_answer(
        "create_test_case",
        serializer_of(MadeTest),
        [IDEMPOTENCY_KEY],
        status=201,
        request=body_serializer(NewTest),
        errors=(404, 409, 422),
    )
    def post(self, request: Request, pk: int) -> Response:
        refuse_all(request.query_params)
        connection = or_not_found(lists.one_connection(pk), "connection", pk)
        values = body_of(request)
        project = project_of(connection, values.pop("project", None))
        with refusals():
            row = create_case(project, values, by=name_of(request), key=key_of(request))
        if row.refused_with:
            raise Refused(row.sentence, row.refused_with)
        made = MadeTest(id=row.pk, external_id=row.handle, vendor_url=row.vendor_url)
        return Response(encoding.as_json(made, reader(request)), status=201)


def _changes(
    run: Run, body: dict[str, Any]
) -> tuple[str | None, MilestoneMember | None | Kept]:
    """The new name, None for none, and the new milestone; raises ValidationError."""
    if unknown := sorted(set(body) - {"name", "milestone"}):
        raise ValidationError({key: ["Unknown field."] for key in unknown})
    if not body:
        raise ValidationError({"name": ["A name or a milestone is needed."]})
    name = _name(body["name"]) if "name" in body else None
    if "milestone" not in body:
        return name, KEPT
    return name, _milestone(run, body["milestone"])


def _name(value: Any) -> str:
    is_text = isinstance(value, str) and value.strip() and len(value) <= LONGEST_TEXT
    if not is_text or not str(value).isprintable():
        raise ValidationError({"name": ["A text in one line is needed."]})
    return str(value)


def _milestone(run: Run, value: Any) -> MilestoneMember | None:
    """The part of the milestone that the run's project has at its tool."""
    if value is None:
        return None
    is_id = isinstance(value, int) and not isinstance(value, bool)
    own = run.project.milestone_members.filter(removed_at=None)
    found = own.filter(milestone=value).order_by("pk").first() if is_id else None
    if found is None:
        said = "Name a milestone of the run's project by its id here, or null."
        raise ValidationError({"milestone": [said]})
    return found


def _read_again(request: Request, run: Run) -> Response:
    """What changed at the tool is here once the run was read again, which begins now."""
    sync = None
    try:
        with everything():
            sync = announce(run.project, [run.external_id])
    except (OperationalError, OSError) as error:
        # It is noted: the beat begins the sync once the queue is back.
        logger.warning("run %s: the queue does not answer: %s", run.pk, error)
    told = RunAtTheTool(run=run.pk, sync=sync)
    return Response(encoding.as_json(told, reader(request)), status=202)
