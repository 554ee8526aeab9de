"""The ground under every test: settings, PostgreSQL, Valkey, a worker, no network.

Everything is real and belongs to this run alone: a PostgreSQL cluster and a Valkey in a
temporary folder, which end with the run.
"""

from __future__ import annotations

import atexit
import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import quote

import django
import hypothesis
import pytest
import redis
from cryptography.fernet import Fernet
from django.conf import settings
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from whitenoise.middleware import WhiteNoiseMiddleware

from dashboard import kept_answers
from dashboard.embedded import keeper
from dashboard.embedded.postgres import DATABASE, PORT, ROLE, Cluster
from tests import clock, emptying, pooler, sharing
from tests.browser import chromium
from tests.databases import (
    drop_databases,
    empty_database_name,
    make_empty_database,
)
from tests.services import RedisServer, Worker, block_the_network, free_port

FOLDER = Path(tempfile.mkdtemp(prefix="passline-tests-"))
load_kept_answer = kept_answers.load
CLUSTER = Cluster(
    FOLDER / "postgres",
    # A test database may be lost with the machine, so nothing has to reach the disk.
    {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    # Another may follow it.
    | {"wal_level": "replica", "max_wal_senders": "4"},
)
OWN_DATABASE = not os.environ.get("TEST_DATABASE_URL")
OWN_REDIS_PORT = None if os.environ.get("TEST_REDIS_URL") else free_port()

# Settings are read when pytest-django looks for them, after this file is imported. Each
# variable is set, so that neither the shell nor a .env decides what the tests see.
os.environ |= {
    "DJANGO_SETTINGS_MODULE": "tests.settings",
    "DATA_DIR": str(FOLDER / "data"),
    "DATABASE_URL": f"postgresql://{ROLE}@:{PORT}/{DATABASE}?host={quote(str(CLUSTER.socket_folder))}"
    if OWN_DATABASE
    else os.environ["TEST_DATABASE_URL"],
    "DATABASE_REPLICA_URL": "",
    "REDIS_URL": f"redis://127.0.0.1:{OWN_REDIS_PORT}/0"
    if OWN_REDIS_PORT
    else os.environ["TEST_REDIS_URL"],
    "SECRET_KEY": "a key for the tests, which guards nothing",
    "CREDENTIALS_KEYS": Fernet.generate_key().decode(),
    "ALLOWED_HOSTS": "",
    "CSRF_TRUSTED_ORIGINS": "",
    "TIME_ZONE": "",
    "FORCE_SCRIPT_NAME": "",
    "ALLOW_PRIVATE_VENDOR_URLS": "",
    "PUBLIC_READ": "",
    "RETENTION_DAYS": "",
    "MACHINE_PRICE": "",
    "TRIAGE_MINUTES": "",
    "WAGE": "",
    "INTAKE_TESTMO_HOST": "",
    "INTAKE_TESTOMATIO_HOST": "",
    "EMAIL_URL": "",
    "OIDC_ISSUER": "",
    "OIDC_TEAMS": "",
    "OIDC_ROLES": "",
    "OIDC_GROUPS_CLAIM": "",
    "OIDC_UNKNOWN": "",
    "METRICS_TOKEN": "",
    "LOG_FORMAT": "",
    "OTEL_EXPORTER_OTLP_ENDPOINT": "",
    "STATIC_ROOT": "",
    "WEB_CONCURRENCY": "1",
    # Nor do a proxy or a password that this person has for other addresses.
    "NO_PROXY": "*",
    "no_proxy": "*",
    "NETRC": os.devnull,
}
for name in [*os.environ]:
    if name.startswith("PG") or name in ("PYTHONOPTIMIZE", "PYTHONWARNINGS"):
        del os.environ[name]
# The same histories in each run; `--hypothesis-profile=search` looks for new ones.
hypothesis.settings.register_profile(
    "fixed", derandomize=True, database=None, deadline=None
)
hypothesis.settings.register_profile("search", deadline=None)
hypothesis.settings.load_profile("fixed")
django.setup()


def pytest_configure() -> None:
    chromium.insist()
    pooler.insist()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection() -> Any:
    """Thousands of tests are imported and none is given up meanwhile: what is looked
    for again and again is not there. Nor is it later among what stays.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        # A page makes thousands of objects that are no garbage before it is done.
        gc.set_threshold(20_000, 20, 20)
        gc.enable()


def pytest_report_header() -> list[str]:
    """Said here, because the process that prints collects no test in a parallel run."""
    missing = [] if chromium.program() else [f"no browser tests: {chromium.MISSING}"]
    return [f"clock: {clock.now():%Y-%m-%dT%H:%M:%SZ}", *missing]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    sharing.order(items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    return sharing.Sharing(config, log) if config.option.dist == "loadfile" else None


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Three for two processors: a process waits for a service a third of its time."""
    return (os.cpu_count() or 1) * 3 // 2


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Each worker makes a ground of its own; what this process set is not for them."""
    del os.environ["DJANGO_SETTINGS_MODULE"]


atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> Iterator[None]:
    """The cluster starts with the first test that needs a database."""
    if OWN_DATABASE:
        # With a keeper, a killed run leaves no server behind.
        keeper.start(CLUSTER)
    yield
    if OWN_DATABASE:
        CLUSTER.stop()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Copied before the first test: to migrate again takes as long as fifty tests."""
    with django_db_blocker.unblock():
        make_empty_database()
    yield
    with django_db_blocker.unblock():
        drop_databases([empty_database_name()])


@pytest.fixture(scope="session")
def empty_database(django_db_setup: None) -> str:
    """The name of a database with all tables and no row, of which others are copies."""
    return empty_database_name()


@pytest.fixture(scope="session", autouse=True)
def redis_server() -> Iterator[str]:
    """The URL of a real Valkey; it is Django's cache and Celery's broker in tests."""
    if OWN_REDIS_PORT is None:
        yield os.environ["TEST_REDIS_URL"]
        return
    server = RedisServer(OWN_REDIS_PORT, FOLDER / "redis")
    yield server.url
    server.stop()


@pytest.fixture(scope="session", autouse=True)
def static_files() -> Path:
    """The folder of hashed and compressed static files, made as `serve` makes it."""
    call_command("collectstatic", interactive=False, verbosity=0)
    return Path(settings.STATIC_ROOT)


@pytest.fixture(scope="session", autouse=True)
def _static_files_are_listed_once(static_files: Path) -> Iterator[None]:
    """Each test client is an application of its own, and each lists and examines every
    static file before its first answer, which costs more than most pages do.
    """
    listed: dict[str, dict[str, Any]] = {}
    own = f"{static_files}{os.sep}"

    class ListedOnce(WhiteNoiseMiddleware):
        def update_files_dictionary(self, root: str, prefix: str) -> None:
            if root == own and prefix in listed:
                self.files |= listed[prefix]
                return
            super().update_files_dictionary(root, prefix)
            if root == own:
                listed[prefix] = dict(self.files)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("whitenoise.middleware.WhiteNoiseMiddleware", ListedOnce)
        yield


@pytest.fixture(scope="session", autouse=True)
def _little_is_emptied() -> Iterator[None]:
    with emptying.only_what_is_filled():
        yield


@pytest.fixture(scope="session", autouse=True)
def _no_network() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        block_the_network(patch)
        yield


@pytest.fixture(scope="session")
def _redis_client(redis_server: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_server) as client:
        yield client


@pytest.fixture
def empty_redis(_redis_client: redis.Redis) -> None:
    """No message, no cache entry and no throttle of an earlier test is left."""
    _redis_client.flushdb()


@pytest.fixture(scope="session", autouse=True)
def _no_answer_is_kept() -> Iterator[None]:
    """The version of the data counts transactions, and most tests are within one that is
    undone: what they change is no other version, and two tests have the same.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kept_answers, "load", lambda key: None)
        yield


@pytest.fixture(scope="session", autouse=True)
def _no_answer_is_given_up() -> Iterator[None]:
    """No test says how fast a machine is; those of the limits set their own."""
    with pytest.MonkeyPatch.context() as patch:
        for module in ("dashboard.ui.answering", "dashboard.api.limits"):
            patch.setattr(f"{module}.LONGEST_S", 240)
        yield


@pytest.fixture(autouse=True)
def _answers_are_kept_where_changes_are_committed(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Its models are there only now.
    import_module("dashboard.precomputed.cached").READ.clear()
    import_module("dashboard.unchanged").forget()
    import_module("dashboard.crowding").forget()
    marker = request.node.get_closest_marker("django_db")
    if marker and marker.kwargs.get("transaction"):
        monkeypatch.setattr(kept_answers, "load", load_kept_answer)
        # The versions of an earlier test begin anew.
        cache.clear()


@pytest.fixture
def live_worker(
    transactional_db: None, empty_redis: None, tmp_path: Path
) -> Iterator[Worker]:
    """A real Celery worker; what the test commits it sees, and the other way round."""
    worker = Worker(str(connection.settings_dict["NAME"]), tmp_path)
    yield worker
    worker.stop()
