"""What is done for a client ends with it, whenever it hangs up."""

from __future__ import annotations

import threading

from dashboard.waiting_client import WaitingClient

PATIENCE_S = 20


def test_work_that_begins_after_its_client_is_gone_is_ended() -> None:
    client, ended = WaitingClient(), threading.Event()
    client.hung_up()
    client.ends_with(ended.set)
    assert ended.wait(PATIENCE_S)
    client.was_answered()
