"""Every setting of Passline, read from the environment (docs/settings.md)."""

from __future__ import annotations

import logging
import os
import re
import zoneinfo
from collections.abc import Callable
from typing import Any

import environ
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key

from dashboard.embedded import EmbeddedError, account
from dashboard.embedded.keyfiles import read_or_create
from dashboard.embedded.postgres import DATABASE, PORT, ROLE, Cluster
from dashboard.embedded.valkey import Valkey
from dashboard.environment import (
    BASE_DIR,
    amount,
    boolean,
    env,
    mail_server,
    one_of,
    origins,
    pairs,
    positive,
    script_name,
    servers,
    token,
    words,
)

LOOPBACK = ["localhost", "127.0.0.1", "[::1]"]


def newest_version() -> str:
    """The version is the first `## v…` line of the change log."""
    log = BASE_DIR / "CHANGELOG.md"
    text = log.read_text() if log.is_file() else ""
    found = re.search(r"^## v(\S+)", text, re.MULTILINE)
    return found[1] if found else "0"


VERSION = newest_version()
DATA_DIR = (BASE_DIR / (env.str("DATA_DIR", "") or "var")).resolve()
DATABASE_URL = env.str("DATABASE_URL", "")
EMBEDDED = not DATABASE_URL


def close_data_dir() -> None:
    """Nobody else may look into DATA_DIR, nor at what is written there from now on."""
    os.umask(0o077)
    try:
        account.make_private(DATA_DIR)
    except EmbeddedError as error:
        raise ImproperlyConfigured(f"DATA_DIR: {error}") from error


if EMBEDDED:
    close_data_dir()


def secret(name: str, make: Callable[[], str]) -> str:
    if value := str(env.str(name, "")).strip():
        return value
    if EMBEDDED:
        return read_or_create(DATA_DIR / name.lower(), make)
    raise ImproperlyConfigured(
        f"{name} is not set. With DATABASE_URL set it is required; docs/settings.md "
        "tells how to make one."
    )


SECRET_KEY = secret("SECRET_KEY", get_random_secret_key)
CREDENTIALS_KEYS = [
    key.strip()
    for key in secret("CREDENTIALS_KEYS", lambda: Fernet.generate_key().decode()).split(
        ","
    )
]
for position, key in enumerate(CREDENTIALS_KEYS, start=1):
    try:
        Fernet(key)
    except ValueError as error:
        raise ImproperlyConfigured(
            f"CREDENTIALS_KEYS: key {position} is not a Fernet key (32 bytes in "
            "URL-safe base64); docs/settings.md tells how to make one."
        ) from error

ALLOW_PRIVATE_VENDOR_URLS = boolean("ALLOW_PRIVATE_VENDOR_URLS", default=EMBEDDED)
PUBLIC_READ = boolean("PUBLIC_READ", default=False)
RETENTION_DAYS = positive("RETENTION_DAYS", default=400)
# 0: each project's whole retained window is compared with every sync.
RECONCILE_HOURS: float = (
    amount("RECONCILE_HOURS", env.str("RECONCILE_HOURS", "") or "24") or 0.0
)
# A pushed run in which nothing came in for so long is closed.
INTAKE_TIMEOUT_MINUTES = positive("INTAKE_TIMEOUT_MINUTES", default=360)
# Where pictures and videos of results lie that browsers may show; we never fetch them.
EVIDENCE_HOSTS = servers("EVIDENCE_HOSTS")
WEB_CONCURRENCY = positive("WEB_CONCURRENCY", default=1)
# What lost time is worth; without a price there is no word about money.
MACHINE_PRICE = amount("MACHINE_PRICE", env.str("MACHINE_PRICE", ""))
TRIAGE_MINUTES = amount("TRIAGE_MINUTES", env.str("TRIAGE_MINUTES", ""))
WAGE = amount("WAGE", env.str("WAGE", ""))
INTAKE_TESTMO_HOST = env.str("INTAKE_TESTMO_HOST", "").strip()
INTAKE_TESTOMATIO_HOST = env.str("INTAKE_TESTOMATIO_HOST", "").strip()

# Who may read /metrics says this; without one there is no such page.
METRICS_TOKEN = token("METRICS_TOKEN")

# Where traces are sent; without it nothing of OpenTelemetry is loaded.
OTEL_EXPORTER_OTLP_ENDPOINT = env.str("OTEL_EXPORTER_OTLP_ENDPOINT", "").strip()

# Debug pages show settings and local variables; there is no way to turn them on.
DEBUG = False
ROOT_URLCONF = "dashboard.urls"
WSGI_APPLICATION = "dashboard.wsgi.application"
FORCE_SCRIPT_NAME = script_name("FORCE_SCRIPT_NAME")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "django_linear_migrations",
    "rest_framework",
    "drf_spectacular",
    "ingest",
    "dashboard",
]

MIDDLEWARE = [
    "dashboard.operations.request_ids.with_request_id",
    *(["dashboard.operations.tracing.traced"] if OTEL_EXPORTER_OTLP_ENDPOINT else []),
    # The whole of an answer's time, compression too.
    *(["dashboard.operations.telemetry.requests.counted"] if METRICS_TOKEN else []),
    # A page is 130 kB of rows that look alike, and a tenth of that compressed.
    "django.middleware.gzip.GZipMiddleware",
    "dashboard.security.unlisted_below_shares",
    "dashboard.health.of_any_host",
    "dashboard.intake.own_hosts.on_own_hosts",
    "django.middleware.security.SecurityMiddleware",
    "dashboard.security.with_strict_headers",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "dashboard.reading.middleware.for_its_reader",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "dashboard.api.limits.with_statement_timeout",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# --- Database -------------------------------------------------------------------

CLUSTER = Cluster(DATA_DIR / "postgres")


def database(name: str) -> dict[str, Any]:
    config = environ.Env.db_url_config(env.str(name))
    if config.get("ENGINE") != "django.db.backends.postgresql":
        raise ImproperlyConfigured(
            f"{name} must begin with postgresql://; PostgreSQL is the only database that "
            "Passline runs on."
        )
    return {**config, "ENGINE": "dashboard.database.engine", "CONN_MAX_AGE": 60}


def embedded_database() -> dict[str, Any]:
    return {
        "ENGINE": "dashboard.embedded.engine",
        "NAME": DATABASE,
        "USER": ROLE,
        "HOST": str(CLUSTER.socket_folder),
        # Said, so that no PGPORT of the shell leads elsewhere.
        "PORT": PORT,
        "CLUSTER": CLUSTER.folder,
        "CONN_MAX_AGE": 60,
    }


def replica() -> dict[str, Any]:
    if EMBEDDED:
        raise ImproperlyConfigured(
            "DATABASE_REPLICA_URL needs DATABASE_URL: the embedded PostgreSQL has no "
            "replica."
        )
    config = database("DATABASE_REPLICA_URL")
    # Whoever waits for one that is down is answered by the primary.
    options = {"connect_timeout": 2, **config.get("OPTIONS", {})}
    return {
        **config,
        "ENGINE": "dashboard.database.replica_engine",
        "OPTIONS": options,
        "TEST": {"MIRROR": "default"},
    }


DATABASES = {
    "default": {
        **(embedded_database() if EMBEDDED else database("DATABASE_URL")),
        "CONN_HEALTH_CHECKS": True,
    }
}
if env.str("DATABASE_REPLICA_URL", "").strip():
    DATABASES["replica"] = replica()
# In seconds; one that is further behind is not read.
DATABASE_REPLICA_MAX_LAG = positive("DATABASE_REPLICA_MAX_LAG", default=30)

# --- Broker and cache -----------------------------------------------------------

VALKEY = Valkey(DATA_DIR / "valkey")


def redis_url() -> str:
    """What is chosen in place of the embedded server, or nothing."""
    value: str = env.str("REDIS_URL", "").strip()
    if not re.fullmatch(r"(rediss?://\S+)?", value):
        # The value may hold a password.
        raise ImproperlyConfigured(
            "REDIS_URL must begin with redis:// or rediss:// and hold no blanks."
        )
    return value


REDIS_URL = redis_url()
# The embedded server is found by its folder, so the address names nothing.
BROKER_URL = REDIS_URL or "embedded://localhost/0"
CACHES: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "dashboard.json_cache.SharedCache",
        "LOCATION": REDIS_URL or "unix://",
        # What an earlier version kept was not JSON.
        "KEY_PREFIX": "passline-json",
        "OPTIONS": {"serializer": "dashboard.json_cache.JsonSerializer"},
    }
}
if not REDIS_URL:
    CACHES["default"]["OPTIONS"]["pool_class"] = "dashboard.embedded.connections.Pool"

# --- Time and language ----------------------------------------------------------

USE_TZ = True  # Times are stored in UTC; TIME_ZONE is for display only.
TIME_ZONE = env.str("TIME_ZONE", "").strip() or "UTC"
if TIME_ZONE not in zoneinfo.available_timezones():
    raise ImproperlyConfigured(
        f"TIME_ZONE is {TIME_ZONE!r}; it must be a name such as Europe/Berlin."
    )
LANGUAGE_CODE = "en-gb"
USE_I18N = False

# --- Static files ---------------------------------------------------------------

STATIC_URL = f"{FORCE_SCRIPT_NAME}/static/"
STATIC_ROOT = DATA_DIR / (env.str("STATIC_ROOT", "") or "static")
# Third-party files are under vendor/, put there by dashboard.embedded.assets.
STATICFILES_DIRS = [path for path in [BASE_DIR / "static"] if path.is_dir()]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "dashboard.static_storage.PackedStorage"},
}
# Pages name no others, and to pack these too would take twice as long.
WHITENOISE_KEEP_ONLY_HASHED_FILES = True

# --- Who gets in ----------------------------------------------------------------

# Loopback always: health checks come from there, and a forged name leads nowhere.
ALLOWED_HOSTS = [*LOOPBACK, *words("ALLOWED_HOSTS")]
for intake_host in filter(None, (INTAKE_TESTMO_HOST, INTAKE_TESTOMATIO_HOST)):
    ALLOWED_HOSTS.append(re.sub(r":\d+$", "", intake_host))
CSRF_TRUSTED_ORIGINS = origins("CSRF_TRUSTED_ORIGINS", words("CSRF_TRUSTED_ORIGINS"))
CSRF_FAILURE_VIEW = "dashboard.ui.error_pages.form_refused"
LOGIN_URL = LOGOUT_REDIRECT_URL = "login"
LOGIN_REDIRECT_URL = "overview"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
    )
]

# --- Signing in beside the password -----------------------------------------------

# A provider of OpenID Connect; without an issuer there is none.
OIDC_ISSUER = env.str("OIDC_ISSUER", "").strip()
OIDC_CLIENT_ID = env.str("OIDC_CLIENT_ID", "").strip()
OIDC_CLIENT_SECRET = env.str("OIDC_CLIENT_SECRET", "").strip()
OIDC_NAME = env.str("OIDC_NAME", "").strip() or "Single sign-on"
OIDC_SCOPES = words("OIDC_SCOPES") or ["openid", "profile", "email"]
OIDC_GROUPS_CLAIM = env.str("OIDC_GROUPS_CLAIM", "").strip() or "groups"
OIDC_TEAMS = pairs("OIDC_TEAMS")
OIDC_ROLES = pairs("OIDC_ROLES", ("viewer", "editor", "admin"))
# Whether people whom nobody invited become users with their first sign-in.
OIDC_UNKNOWN = boolean("OIDC_UNKNOWN", default=False)
if OIDC_ISSUER and not re.fullmatch(r"https?://[^\s?#]+", OIDC_ISSUER):
    raise ImproperlyConfigured(
        "OIDC_ISSUER must be an address such as https://id.example.com."
    )
if OIDC_ISSUER and not OIDC_CLIENT_ID:
    raise ImproperlyConfigured("OIDC_CLIENT_ID is not set, and OIDC_ISSUER needs it.")

ACCOUNT_ADAPTER = "dashboard.sign_in.accounts.AccountAdapter"
# Nobody signs up, no address has to be proved, and guesses are counted by our throttle.
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_NOTIFICATIONS = False
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_RATE_LIMITS = False
ACCOUNT_REAUTHENTICATION_METHODS = ["password", "mfa"]
ACCOUNT_FORMS = {
    "reauthenticate": "dashboard.sign_in.second_factor.ConfirmByPasswordForm"
}
MFA_ADAPTER = "dashboard.sign_in.second_factor.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Passline"
# The clock of a phone may be half a minute off.
MFA_TOTP_TOLERANCE = 1
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_FORMS = {
    "authenticate": "dashboard.sign_in.second_factor.CodeForm",
    "reauthenticate": "dashboard.sign_in.second_factor.ConfirmByCodeForm",
    "activate_totp": "dashboard.sign_in.second_factor.ActivateForm",
}
SOCIALACCOUNT_ADAPTER = "dashboard.sign_in.openid_people.OpenIdAdapter"
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
# A policy of ours forbids forms that lead to other hosts; the provider asks anyway.
SOCIALACCOUNT_LOGIN_ON_GET = True


def openid_connect() -> dict[str, Any]:
    """What django-allauth has to know of the provider."""
    return {
        "provider_class": "dashboard.sign_in.provider.Provider",
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "openid",
                "name": OIDC_NAME,
                "client_id": OIDC_CLIENT_ID,
                "secret": OIDC_CLIENT_SECRET,
                "settings": {
                    "server_url": OIDC_ISSUER.rstrip("/"),
                    "scope": OIDC_SCOPES,
                },
            }
        ]
        if OIDC_ISSUER
        else [],
    }


SOCIALACCOUNT_PROVIDERS = {"openid_connect": openid_connect()}

# --- Mail -------------------------------------------------------------------------

MAIL_IS_SENT = bool(env.str("EMAIL_URL", "").strip())
globals().update(mail_server("EMAIL_URL"))
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("EMAIL_FROM", "").strip() or "passline@localhost"

# An origin with https tells that a proxy in front of us ends TLS and says so in
# X-Forwarded-Proto. Without one the header would be anybody's claim.
BEHIND_TLS = any(origin.startswith("https://") for origin in CSRF_TRUSTED_ORIGINS)
if BEHIND_TLS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 30 * 24 * 3600
SILENCED_SYSTEM_CHECKS = [
    # HSTS for other hosts of the domain, and in browsers' own lists: not ours to promise.
    "security.W005",
    "security.W021",
    # The proxy sends on to https: from here that would be a circle wherever the proxy
    # does not say X-Forwarded-Proto, and people would not be told so.
    "security.W008",
]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BEHIND_TLS
if BEHIND_TLS:
    # Other hosts of the domain, and whoever listens without TLS, may set cookies that are
    # sent here, but none whose name begins so.
    _PREFIX = "__Secure-" if FORCE_SCRIPT_NAME else "__Host-"
    SESSION_COOKIE_NAME = f"{_PREFIX}sessionid"
    CSRF_COOKIE_NAME = f"{_PREFIX}csrftoken"
# Forms bring the token; no script of ours reads it.
CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 30 * 24 * 3600
# What is beside us on the same host gets none of our cookies.
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = f"{FORCE_SCRIPT_NAME}/"
MESSAGE_STORAGE = "dashboard.flash_messages.Storage"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "dashboard.api.access.BearerAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["dashboard.api.access.ReadOrWrite"],
    "DEFAULT_THROTTLE_CLASSES": ["dashboard.api.access.PerCaller"],
    "DEFAULT_PARSER_CLASSES": ["dashboard.api.json_parser.JsonParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "dashboard.api.access.AlwaysJson",
    "EXCEPTION_HANDLER": "dashboard.api.limits.exception_answer",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    # `format` is a parameter of lists, where another value is a 400 and not a 404.
    "URL_FORMAT_OVERRIDE": None,
    # Without a proxy in front of us X-Forwarded-For is anybody's claim.
    "NUM_PROXIES": 1 if BEHIND_TLS else 0,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Passline API",
    # The examples behind it are for whoever reads the file.
    "DESCRIPTION": (BASE_DIR / "docs" / "api.md").read_text().partition("\n## By ")[0],
    "VERSION": VERSION,
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "PREPROCESSING_HOOKS": ["dashboard.api.schema.only_v1"],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "dashboard.api.described_headers.add_headers",
        "dashboard.api.examples.add_examples",
        "dashboard.api.samples.add_samples",
    ],
}

# --- Log ------------------------------------------------------------------------

LOG_FORMAT = one_of("LOG_FORMAT", ("text", "json"))
# Python's own warnings would be written as they are.
logging.captureWarnings(LOG_FORMAT == "json")
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {
            "()": "dashboard.operations.logs.TextFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s: %(message)s",
        },
        "json": {"()": "dashboard.operations.logs.JsonFormatter"},
    },
    "filters": {"faults": {"()": "dashboard.operations.logs.TracebacksOfFaults"}},
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": LOG_FORMAT,
            "filters": ["faults"],
        }
    },
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {name: {"level": "INFO"} for name in ("dashboard", "ingest")}
    # With DEBUG off Django would send these to ADMINS by mail, and there are none.
    | {"django": {"handlers": [], "level": "WARNING", "propagate": True}}
    # They write addresses, which may be keys to the rooms behind them.
    | {"apprise": {"level": "CRITICAL", "handlers": [], "propagate": False}}
    | {"urllib3": {"level": "WARNING"}}
    # A line for each request and each sync: for what collects logs, not for a terminal.
    | {"passline.events": {"level": "INFO" if LOG_FORMAT == "json" else "WARNING"}}
    # More requests than threads are no news.
    | {"waitress.queue": {"level": "ERROR"}},
}
