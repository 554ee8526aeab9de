"""Starts a sync."""

from __future__ import annotations

import logging

from kombu.exceptions import OperationalError
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from dashboard import lists
from dashboard.api import encoding, schema
from dashboard.api.queries import refuse_all
from dashboard.api.schema_fields import serializer_of
from dashboard.api.shapes import StartedSync
from dashboard.api.views import Conflict, or_not_found, reader
from dashboard.reading.scope import everything
from ingest.models.connection import PUSH
from ingest.tasks import request_sync

logger = logging.getLogger(__name__)


class QueueGone(APIException):
    """The sync is noted in the database by now; the beat sends it later."""

    status_code = 503
    default_detail = (
        "The queue does not answer. The sync is noted and begins once it is back."
    )


class ConnectionSync(APIView):
    """Starts a sync of every project of a connection; 409 while one is under way."""

    @schema.describe_answer(
        "start_sync",
        serializer_of(StartedSync),
        status=202,
        request=None,
        errors=(404, 409),
    )
    def post(self, request: Request, pk: int) -> Response:
        refuse_all(request.query_params)
        connection = or_not_found(lists.one_connection(pk), "connection", pk)
        if connection.vendor == PUSH:
            raise Conflict(
                f"{connection.name} has no tool to sync: results are pushed."
            )
        try:
            with everything():
                sync = request_sync(connection.pk)
        except (OperationalError, OSError) as error:
            logger.warning("%s: the queue does not answer: %s", connection.name, error)
            raise QueueGone from error
        if sync is None:
            raise Conflict(f"{connection.name} is being synced already.")
        started = encoding.as_json(StartedSync(sync=sync), reader(request))
        return Response(started, status=202)
