"""Getting in: settings and secrets, the log-in, and one HTTP client for each API."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ingest.connectors.reading import (
    BRANCH_FIELD,
    COMMIT_FIELD,
    RELAY_FIELD,
    setting,
)
from ingest.contract import (
    ConfigError,
    ConnectionConfig,
    Field,
    PayloadError,
    Status,
)
from ingest.http import ApiClient

LABEL = "Testomat.io"
TOKEN = Field(
    name="token",
    label="API token",
    help="A General token (testomat_…). A project token (tstmt_…) reads API v2 only.",
    is_secret=True,
)
EMAIL = Field(
    name="email", label="E-mail", help="In place of an API token.", is_secret=True
)
PASSWORD = Field(
    name="password", label="Password", help="Belongs to the e-mail.", is_secret=True
)
API = Field(
    name="api",
    label="API",
    help="auto asks each project for API v2 and takes the classic API where it lacks.",
    default="auto",
    choices=("auto", "v2", "classic"),
)
PROJECTS = Field(
    name="projects",
    label="Project slugs",
    help="Slugs with commas between, for a project token, which cannot list projects.",
)
SOURCE_FIELD = Field(
    name="source_field",
    label="Source of a run",
    help="rungroup (the path of the run's group), none, or the name of a run's field.",
    default="rungroup",
)
FIELDS = (
    TOKEN,
    EMAIL,
    PASSWORD,
    API,
    PROJECTS,
    SOURCE_FIELD,
    BRANCH_FIELD,
    COMMIT_FIELD,
    RELAY_FIELD,
)

# The list and the object of a project carry its api-key, which reports results.
API_KEY_NAMES = frozenset({"api-key", "api_key", "apikey"})
SHOWN_API_KEY = re.compile(r'(?i)("api[-_]?key"\s*:\s*")(?:[^"\\]|\\.)*')


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the settings say about reading, beside the credentials.

    `origin` is the address without the API's prefix; pages and both APIs lie below it.
    """

    origin: str
    api: str
    projects: tuple[str, ...]
    source_field: str
    branch_field: str
    commit_field: str
    status_map: Mapping[str, Status]


def options_of(config: ConnectionConfig) -> Options:
    """The settings of a connection; ConfigError for a word that is no choice."""
    slugs = setting(config, PROJECTS).split(",")
    return Options(
        origin=_origin(config.base_url),
        api=setting(config, API),
        projects=tuple(dict.fromkeys(slug.strip() for slug in slugs if slug.strip())),
        source_field=setting(config, SOURCE_FIELD),
        branch_field=setting(config, BRANCH_FIELD) or "branch",
        commit_field=setting(config, COMMIT_FIELD),
        status_map=config.status_map,
    )


class Client(ApiClient):
    """Hides from what is shown also a project's api-key and each JWT."""

    def hide(self, secret: str) -> None:
        self._secrets.append(secret)

    def redacted(self, text: str) -> str:
        return SHOWN_API_KEY.sub(r"\1***", super().redacted(text))


class Access:
    """The clients of one connection; the classic one logs in when it is first asked.

    A token wins over e-mail and password. API v2 takes the token as it is, the classic
    API the JWT of a log-in, sent with "Bearer" as the vendor's own extension does.
    """

    def __init__(self, config: ConnectionConfig, origin: str) -> None:
        self._config = config
        self._origin = origin
        self._token = self._secret(TOKEN)
        self._email = self._secret(EMAIL)
        self._password = config.secrets.get(PASSWORD.name, "")
        if not self._token and not (self._email and self._password):
            raise ConfigError(
                f"{LABEL} needs an API token, or an e-mail and a password. Enter them."
            )
        self._login = self._client({})
        self._classic: Client | None = None
        self._v2: Client | None = None

    @property
    def has_token(self) -> bool:
        return bool(self._token)

    @property
    def way_in(self) -> str:
        return "API token" if self._token else "E-mail and password"

    @property
    def v2(self) -> Client:
        if not self._token:
            raise ConfigError(f"API v2 of {LABEL} needs an API token. Enter one.")
        if self._v2 is None:
            self._v2 = self._client(_bearer(self._token))
        return self._v2

    @property
    def reports(self) -> Client:
        """Without a header: what is reported bears its key in itself."""
        return self._login

    @property
    def classic(self) -> Client:
        if self._classic is None:
            jwt = self._log_in()
            self._classic = self._client(_bearer(jwt), renews=True)
            self._classic.hide(jwt)
        return self._classic

    def _client(self, headers: Mapping[str, str], *, renews: bool = False) -> Client:
        return Client(
            self._origin,
            label=LABEL,
            headers=headers,
            secrets=(self._token, self._email, self._password),
            allow_private_urls=self._config.allow_private_urls,
            renew=self._renew if renews else None,
            # A hundred messages on a page may be megabytes each.
            large_list="data",
        )

    def _renew(self) -> Mapping[str, str]:
        """New headers after a 401 or 403: an expired JWT is answered with either."""
        jwt = self._log_in()
        if self._classic is not None:
            self._classic.hide(jwt)
        return _bearer(jwt)

    def _log_in(self) -> str:
        try:
            answer = self._login.post("/api/login", self._credentials())
        except PayloadError as error:
            raise _login_error(error) from None
        jwt = answer.get("jwt") if isinstance(answer, dict) else None
        if not isinstance(jwt, str) or not jwt:
            raise PayloadError(f"{LABEL} answered the log-in without a jwt.")
        return jwt

    def _credentials(self) -> dict[str, str]:
        if self._token:
            return {"api_token": self._token}
        return {"email": self._email, "password": self._password}

    def _secret(self, field: Field) -> str:
        return self._config.secrets.get(field.name, "").strip()


def without_api_keys(value: object) -> object:
    """A row without the api-keys in it, fit to be kept and shown."""
    if isinstance(value, dict):
        return {
            name: without_api_keys(inner)
            for name, inner in value.items()
            if str(name).lower() not in API_KEY_NAMES
        }
    if isinstance(value, list):
        return [without_api_keys(inner) for inner in value]
    return value


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _login_error(error: PayloadError) -> PayloadError | ConfigError:
    """Refusals that only another address or key ends, as a ConfigError."""
    if error.answer.startswith("HTTP 404"):
        return ConfigError(
            f"{LABEL} has no log-in at this address (404). Check the address.",
            answer=error.answer,
        )
    if error.answer.startswith(("HTTP 400", "HTTP 422")):
        return ConfigError(
            f"{LABEL} refused the credentials. Enter a valid key with read access.",
            answer=error.answer,
        )
    return error


def _origin(base_url: str) -> str:
    """The address without the prefix of either API."""
    base = base_url.strip().rstrip("/")
    for prefix in ("/api/v2", "/api"):
        if base.endswith(prefix):
            return base[: -len(prefix)]
    return base
