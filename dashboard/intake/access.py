"""Who may push to which project, for every format; each words a refusal in its own way."""

from __future__ import annotations

from django.http import HttpRequest

from dashboard.models import ApiToken, Scope
from ingest.models import Project

UNKNOWN = "The token is unknown, expired or revoked, or older than its user's password."


class RefusedError(Exception):
    """`status` is 401 where nobody is known, 403 where somebody may not."""

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
    return token


def check_project(token: ApiToken, project: Project) -> None:
    """Raise RefusedError (403) where the token is bound to other projects."""
    if not token.may_push_to(project.pk):
        raise RefusedError(403, f"The token is not for project {project.pk}.")


def project_of(token: ApiToken) -> Project:
    """The one project of a token whose format names none; raises RefusedError (403)."""
    projects = list(token.projects.filter(removed_at=None)[:2])
    if len(projects) != 1:
        raise RefusedError(
            403,
            "The token must be bound to one project: `api_token create --scope intake "
            "--project ID`.",
        )
    return projects[0]
