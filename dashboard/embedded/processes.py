"""The command of each service, said once: for `serve`, the tests and Compose."""

from __future__ import annotations

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
    return ["celery", "--quiet", "--app=dashboard", "worker", count, *WORKER_FLAGS]


def beat() -> list[str]:
    """Celery's beat, with no pid file to go stale."""
    return ["celery", "--quiet", "--app=dashboard", "beat", "--pidfile="]
