"""gunicorn's settings: threads, because long exports must not block each other."""

from __future__ import annotations

import os

loglevel = "warning"
worker_class = "gthread"
# More than one only with Redis: throttles and cache are otherwise per process.
workers = int(os.environ.get("WEB_CONCURRENCY", "1"))
threads = 8
timeout = 60
graceful_timeout = 5
keepalive = 5
# Heartbeats must not wait for a slow disk.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None
control_socket_disable = True
