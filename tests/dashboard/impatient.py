"""The web server's worker with deadlines that a test can wait for."""

from __future__ import annotations

from dashboard.web_worker import BufferedWorker, Limits


class Impatient(BufferedWorker):
    limits = Limits(head_s=2, request_s=4, idle_s=3, reading_s=4)


class Crowded(BufferedWorker):
    """Waits for long, but not for many, nor for much."""

    limits = Limits(
        head_s=600,
        request_s=600,
        idle_s=600,
        reading_s=600,
        crowd=20,
        held_bytes=5_000_000,
    )
