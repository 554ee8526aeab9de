"""The broker made of files: nothing torn, nothing lost, nothing twice."""

from __future__ import annotations

import json
import logging
import multiprocessing
import uuid
from pathlib import Path
from queue import Empty

import pytest
from kombu import Connection
from kombu.transport import TRANSPORT_ALIASES

from dashboard.embedded import transport

WRITERS, READERS, EACH = 2, 2, 200
NO_MORE = -1
SPAWN = multiprocessing.get_context("spawn")


def broker(folder: Path) -> Connection:
    TRANSPORT_ALIASES["passline"] = "dashboard.embedded.transport:Transport"
    options = transport.options(folder)
    return Connection("passline://localhost//", transport_options=options)


def write(folder: Path, first: int) -> None:
    with broker(folder) as connection, connection.SimpleQueue("work") as queue:
        for number in range(first, first + EACH):
            queue.put({"number": number, "padding": "x" * 20_000})


def read(folder: Path, seen: Path) -> None:
    numbers = []
    with broker(folder) as connection, connection.SimpleQueue("work") as queue:
        message = queue.get()
        while (number := message.payload["number"]) != NO_MORE:
            numbers.append(number)
            message.ack()
            message = queue.get()
        message.ack()
    seen.write_text(json.dumps(numbers))


@pytest.fixture
def name() -> str:
    """A queue of the test's own: kombu remembers bindings for the whole process."""
    return uuid.uuid4().hex


def test_fast_readers_and_writers_tear_lose_and_repeat_no_message(tmp_path):
    writers = [
        SPAWN.Process(target=write, args=(tmp_path, n * EACH)) for n in range(WRITERS)
    ]
    readers = [
        SPAWN.Process(target=read, args=(tmp_path, tmp_path / f"seen{n}"))
        for n in range(READERS)
    ]
    for process in readers + writers:
        process.start()
    for process in writers:
        process.join()
    with broker(tmp_path) as connection, connection.SimpleQueue("work") as queue:
        for _ in readers:
            queue.put({"number": NO_MORE})
    for process in readers:
        process.join()
    assert [p.exitcode for p in writers + readers] == [0] * (WRITERS + READERS)
    seen = [json.loads((tmp_path / f"seen{n}").read_text()) for n in range(READERS)]
    assert sorted(sum(seen, [])) == list(range(WRITERS * EACH))


def test_an_unreadable_message_is_dropped_with_a_line_in_the_log(
    name, tmp_path, caplog
):
    with broker(tmp_path) as connection, connection.SimpleQueue(name) as queue:
        queue.put({"number": 1})
        (tmp_path / "messages" / f"-torn.{name}.msg").write_text("")
        with caplog.at_level(logging.ERROR):
            message = queue.get(timeout=240)
        message.ack()
        assert message.payload == {"number": 1}
    assert f"dropped the unreadable message -torn.{name}.msg" in caplog.text


def test_messages_of_a_queue_whose_name_ends_alike_are_left_alone(name, tmp_path):
    with (
        broker(tmp_path) as connection,
        connection.SimpleQueue(f"team.{name}") as other,
    ):
        other.put({"number": 1})
        with connection.SimpleQueue(name) as queue, pytest.raises(Empty):
            queue.get(timeout=0.5)
        assert other.qsize() == 1
        assert other.clear() == 1


def test_recovery_removes_drafts_and_locks_and_keeps_messages(name, tmp_path):
    with broker(tmp_path) as connection, connection.SimpleQueue(name) as queue:
        queue.put({"number": 1})
        (tmp_path / "messages" / ".half.draft").write_text("{")
        transport.recover(tmp_path)
        assert list((tmp_path / "messages").glob(".*")) == []
        assert list((tmp_path / "control").iterdir()) == []
        assert queue.get(timeout=240).payload == {"number": 1}


def test_a_torn_table_of_bindings_is_written_anew(name, tmp_path):
    with broker(tmp_path) as connection, connection.SimpleQueue(name) as queue:
        queue.put({"number": 1})
    (table,) = (tmp_path / "control").glob("*.exchange")
    table.write_text("")
    transport.Transport.global_state.clear()  # As in a process that starts now.
    with broker(tmp_path) as connection, connection.SimpleQueue(name) as queue:
        queue.put({"number": 2})
        assert queue.get(timeout=240).payload == {"number": 1}
    assert json.loads(table.read_text())
