"""The lists and single objects of what is stored; a project can be made."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard import lists, readers
from dashboard.api import encoding, schema
from dashboard.api.bodies import NewProject
from dashboard.api.json_parser import JsonParser
from dashboard.api.queries import refuse_all
from dashboard.api.schema_fields import body_serializer, serializer_of
from dashboard.api.views import ListView, ObjectView, or_not_found, reader
from dashboard.lists import Listing
from dashboard.lists.projects import ProjectRow
from dashboard.models import ApiToken, Scope
from dashboard.reading.scope import everything
from ingest.intake.errors import InvalidError
from ingest.intake.projects import create_project


@schema.describe_list("list_connections")
class ConnectionList(ListView):
    listing = lists.CONNECTIONS


@schema.describe_single("read_connection")
class ConnectionObject(ObjectView):
    listing, noun = lists.CONNECTIONS, "connection"


@schema.describe_list("list_projects")
class ProjectList(ListView):
    """Projects; a POST makes one without a vendor, to which results are pushed."""

    listing = lists.PROJECTS
    write_scope = Scope.INTAKE
    parser_classes = (JsonParser, FormParser, MultiPartParser)

    @schema.describe_answer(
        "create_project",
        serializer_of(ProjectRow),
        status=201,
        request=body_serializer(NewProject),
    )
    def post(self, request: Request) -> Response:
        refuse_all(request.query_params)
        if isinstance(request.auth, ApiToken) and request.auth.is_bound:
            raise PermissionDenied(
                "This token is bound to projects: it makes no other."
            )
        try:
            with everything():
                made = create_project(name_of(request.data), readers.reader().sees)
        except InvalidError as error:
            raise ValidationError(error.errors) from error
        row = lists.PROJECTS.rows([made])[0]
        return Response(encoding.as_json(row, reader(request)), status=201)


def name_of(body: Any) -> str:
    """The name in `{"name": …}`; raises ValidationError for anything else."""
    name = body.get("name") if isinstance(body, dict | QueryDict) else None
    if not isinstance(name, str):
        raise ValidationError({"name": ["A text is needed."]})
    if unknown := sorted(set(body) - {"name"}):
        raise ValidationError({key: ["Unknown field."] for key in unknown})
    if "\0" in name:
        raise ValidationError({"name": ["It holds a character that no name has."]})
    return name


@schema.describe_single("read_project")
class ProjectObject(ObjectView):
    listing, noun = lists.PROJECTS, "project"


@schema.describe_list("list_milestones")
class MilestoneList(ListView):
    listing = lists.MILESTONES


@schema.describe_single("read_milestone")
class MilestoneObject(ObjectView):
    listing, noun = lists.MILESTONES, "milestone"


@schema.describe_list("list_runs")
class RunList(ListView):
    listing = lists.RUNS
    is_timeless = True


@schema.describe_single("read_run")
class RunObject(ObjectView):
    listing, noun = lists.RUNS, "run"
    is_timeless = True


@schema.describe_list("list_cases")
class CaseList(ListView):
    listing = lists.CASES
    is_timeless = True


@schema.describe_single("read_case")
class CaseObject(ObjectView):
    listing, noun = lists.CASES, "case"
    is_timeless = True


@schema.describe_list("list_results")
class ResultList(ListView):
    listing = lists.RESULTS
    is_timeless = True


@schema.describe_single("read_result")
class ResultObject(ObjectView):
    listing, noun = lists.RESULTS, "result"
    is_timeless = True


@schema.describe_list("list_syncs")
class SyncList(ListView):
    listing = lists.SYNCS

    def chosen(self, **ids: int) -> Listing[Any]:
        is_signed_in = self.request.user.is_authenticated
        return self.listing if is_signed_in else lists.SYNCS_FOR_STRANGERS


@schema.describe_single("read_sync")
class SyncObject(ObjectView):
    listing, noun = lists.SYNCS, "sync"


@schema.describe_list("list_threads_of_run")
class RunThreads(ListView):
    """The threads of one run."""

    listing = lists.THREADS
    is_timeless = True

    def chosen(self, **ids: int) -> Listing[Any]:
        run = or_not_found(lists.one_run(ids["pk"]), "run", ids["pk"])
        return lists.threads_of_run(run)


@schema.describe_list("list_results_of_run")
class RunResults(ListView):
    """The results of one run."""

    listing = lists.RESULTS
    is_timeless = True

    def chosen(self, **ids: int) -> Listing[Any]:
        run = or_not_found(lists.one_run(ids["pk"]), "run", ids["pk"])
        return lists.results_of_run(run)


@schema.describe_list("list_results_of_case")
class CaseResults(ListView):
    """The results of one case."""

    listing = lists.RESULTS
    is_timeless = True

    def chosen(self, **ids: int) -> Listing[Any]:
        case = or_not_found(lists.one_case(ids["pk"]), "case", ids["pk"])
        return lists.results_of_case(case)
