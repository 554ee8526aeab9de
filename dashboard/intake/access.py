"""Who may push to which project, for every format; each words a refusal in its own way."""

from __future__ import annotations

from django.http import HttpRequest

from dashboard.database.writers import is_written_by
from dashboard.models import ApiToken, Scope
from ingest.models import Project

UNKNOWN = "The token is unknown, expired or revoked, or older than its user's password."


class RefusedError(Exception):
    """`status` is 401 where nobody is known, 403 where somebody may not, 404 where there is
    nothing that they may know of.
    """

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


def bearer(request: HttpRequest) -> str:
    """The token of the header; raises RefusedError (401) where there is none."""
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not text.strip():
        raise RefusedError(401, "No token was sent: Authorization: Bearer <token>.")
    return text.strip()


def token_of(text: str) -> ApiToken:
    """The token of this text, if it may push; raises RefusedError."""
    token = ApiToken.valid(text)
    if token is None:
        raise RefusedError(401, UNKNOWN)
    if not token.allows(Scope.INTAKE):
        raise RefusedError(
            403,
            "The token has not the scope intake; `api_token create --scope intake` makes "
            "one that has.",
        )
    token.note_use()
    is_written_by(token.user_id)
    return token


def known_project(token: ApiToken, project_id: int) -> Project:
    """The project, if there is one that the token may push to; raises RefusedError (403 for
    a token that is bound to others, else 404), in the same words for one that is hidden.
    """
    if token.may_push_to(project_id):
        rows = Project.objects.select_related("connection")
        if found := rows.filter(pk=project_id, removed_at=None).first():
            return found
    elif token.is_bound:
        raise RefusedError(403, f"The token is not for project {project_id}.")
    raise RefusedError(404, f"There is no project {project_id}.")


def project_of(token: ApiToken) -> Project:
    """The one project of a token whose format names none; raises RefusedError (403)."""
    bound_to = token.projects.filter(removed_at=None)
    projects = [one for one in bound_to if token.may_push_to(one.pk)]
    if len(projects) != 1:
        raise RefusedError(
            403,
            "The token must be bound to one project: `api_token create --scope intake "
            "--project ID`.",
        )
    return projects[0]
