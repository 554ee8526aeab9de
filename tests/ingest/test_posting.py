"""A message posted to an address that somebody entered goes there and nowhere else."""

from __future__ import annotations

import gzip
from collections.abc import Callable

import pytest

from ingest import posting
from ingest.posting import NotPosted, post
from tests.ingest.sockets import Listener, keeps_sending, listen
from tests.ingest.test_addresses import rebound
from tests.ingest.wire import Answer, Wire, wire

__all__ = ["listen", "wire"]
Listen = Callable[..., Listener]


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1"])
def test_a_name_that_leads_inside_later_is_tried_by_nobody(
    listen: Listen, monkeypatch: pytest.MonkeyPatch, address: str
):
    listener = listen(keeps_sending(b"HTTP/1.1 200 OK\r\n\r\n", b" "))
    rebound(monkeypatch, listener, address)
    url = f"https://hooks.example:{listener.port}/s3cr3t"
    with pytest.raises(NotPosted) as raised:
        post(url, b"{}", {}, allow_private_urls=False)
    monkeypatch.undo()
    assert raised.value.is_final
    assert "s3cr3t" not in raised.value.sentence
    assert listener.accepted == 0


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(wire: Wire, status: int):
    to = {"Location": f"{wire.url}/other"}
    wire.serve(Answer(path="/hook", method="POST", status=status, headers=to))
    answer = post(f"{wire.url}/hook", b"{}", {}, allow_private_urls=True)
    assert answer.code == status
    assert wire.paths() == ["/hook"]


def test_no_more_is_read_than_a_receipt_takes(wire: Wire):
    packed = gzip.compress(b" " * 2**26, 1)
    encoding = {"Content-Encoding": "gzip"}
    wire.serve(Answer(path="/hook", method="POST", raw=packed, headers=encoding))
    answer = post(f"{wire.url}/hook", b"{}", {}, allow_private_urls=True)
    assert len(answer.content) <= posting.LARGEST_ANSWER_BYTES


def test_an_answer_that_drips_ends_in_time(
    listen: Listen, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(posting, "LIMIT_S", 0.5)
    drips = keeps_sending(b"HTTP/1.1 200 OK\r\nX-Long: ", b"a", every_s=0.05)
    url = f"http://127.0.0.1:{listen(drips).port}/hook"
    with pytest.raises(NotPosted, match="did not answer within"):
        post(url, b"{}", {}, allow_private_urls=True)
