"""The command of each service, said once: for `serve`, the tests and Compose."""

from __future__ import annotations

CELERY = ["celery", "--quiet", "--app=dashboard"]
WORKER_FLAGS = ["--without-gossip", "--without-mingle", "--without-heartbeat"]


def web(host: str, port: int) -> list[str]:
    """gunicorn with the settings of dashboard/gunicorn.py."""
    bind = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return [
        "gunicorn",
        "--config=python:dashboard.gunicorn",
        f"--bind={bind}",
        "dashboard.wsgi",
    ]


def worker(concurrency: int) -> list[str]:
    """A Celery worker. With no remote control it also needs none of the chatter."""
    count = f"--concurrency={concurrency}"
    return [*CELERY, "worker", count, "--queues=passline,quick", *WORKER_FLAGS]


def courier() -> list[str]:
    """A second worker for what takes seconds: syncs may keep the other for hours.

    Its tasks wait for other servers, so threads of one process are enough.
    """
    pool = ["--pool=threads", "--concurrency=4", "--queues=quick"]
    return [*CELERY, "worker", *pool, "--hostname=courier@%h", *WORKER_FLAGS]


def beat() -> list[str]:
    """Celery's beat, with no pid file to go stale."""
    return [*CELERY, "beat", "--pidfile="]
