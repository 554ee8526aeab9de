"""Every kind of address, with what becomes of it where private ones are allowed or not."""

from __future__ import annotations

import _socket
import socket
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import pytest

from ingest.contract import ConfigError
from ingest.http import ApiClient, check_address, is_private
from tests.ingest.sockets import Listener, answers_json, listen
from tests.ingest.wire import Answer, Wire
from tests.services import wait_for

__all__ = ["listen"]
Listen = Callable[..., Listener]
SECRET = "s3cr3t"
PRIVATE = "ALLOW_PRIVATE_VENDOR_URLS=on"
NEVER = "no vendor has"
NO_ADDRESS = "cannot be used"
UNKNOWN = "cannot be found"

# Address; what is said of it where private ones are not allowed, and where they are.
# An empty text: it may be used.
ADDRESSES = [
    # public
    ("93.184.216.34", "", ""),
    ("2606:2800:220:1::1", "", ""),
    ("::ffff:93.184.216.34", "", ""),
    ("64:ff9b::93.184.216.34", "", ""),
    ("2002:5db8:d822::1", "", ""),
    # private: loopback, one's own network, a provider's, benchmarks, documentation
    ("127.0.0.1", PRIVATE, ""),
    ("127.255.255.254", PRIVATE, ""),
    ("10.1.2.3", PRIVATE, ""),
    ("172.16.0.1", PRIVATE, ""),
    ("172.31.255.255", PRIVATE, ""),
    ("192.168.1.1", PRIVATE, ""),
    ("100.64.0.1", PRIVATE, ""),
    ("100.127.255.255", PRIVATE, ""),
    ("192.0.0.8", PRIVATE, ""),
    ("192.0.2.1", PRIVATE, ""),
    ("198.18.0.1", PRIVATE, ""),
    ("::1", PRIVATE, ""),
    ("fc00::1", PRIVATE, ""),
    ("fd00::1", PRIVATE, ""),
    ("fec0::1", PRIVATE, ""),
    ("feff::1", PRIVATE, ""),
    ("2001:db8::1", PRIVATE, ""),
    # IPv4 inside IPv6
    ("::ffff:10.0.0.1", PRIVATE, ""),
    ("::ffff:127.0.0.1", PRIVATE, ""),
    ("::ffff:0:10.0.0.1", PRIVATE, ""),
    ("::10.0.0.1", PRIVATE, ""),
    ("::93.184.216.34", PRIVATE, ""),
    ("64:ff9b::10.0.0.1", PRIVATE, ""),
    ("64:ff9b::127.0.0.1", PRIVATE, ""),
    ("64:ff9b:1::93.184.216.34", PRIVATE, ""),
    ("64:ff9b:1:ffff::10.0.0.1", PRIVATE, ""),
    ("2002:a00:1::1", PRIVATE, ""),
    ("2002:7f00:1::1", PRIVATE, ""),
    ("2002:c0a8:101::1", PRIVATE, ""),
    ("2001:0:5db8:d822::a247:27dd", PRIVATE, ""),
    ("2001:0:a00:1::a247:27dd", PRIVATE, ""),
    # metadata of clouds, as they are and inside IPv6
    ("169.254.169.254", NEVER, NEVER),
    ("169.254.170.2", NEVER, NEVER),
    ("169.254.170.23", NEVER, NEVER),
    ("100.100.100.200", NEVER, NEVER),
    ("168.63.129.16", NEVER, NEVER),
    ("192.0.0.192", NEVER, NEVER),
    ("fd00:ec2::254", NEVER, NEVER),
    ("fd00:ec2::23", NEVER, NEVER),
    ("fd20:ce::254", NEVER, NEVER),
    ("::ffff:169.254.169.254", NEVER, NEVER),
    ("::ffff:a9fe:a9fe", NEVER, NEVER),
    ("::ffff:0:169.254.169.254", NEVER, NEVER),
    ("::169.254.169.254", NEVER, NEVER),
    ("64:ff9b::169.254.169.254", NEVER, NEVER),
    ("64:ff9b::100.100.100.200", NEVER, NEVER),
    ("64:ff9b:1::169.254.169.254", NEVER, NEVER),
    ("2002:a9fe:a9fe::1", NEVER, NEVER),
    ("2001:0:a9fe:a9fe::1", NEVER, NEVER),
    ("2001:0:5db8:d822::5601:5601", NEVER, NEVER),
    # no single host
    ("0.0.0.0", NEVER, NEVER),
    ("0.1.2.3", NEVER, NEVER),
    ("169.254.1.1", NEVER, NEVER),
    ("224.0.0.1", NEVER, NEVER),
    ("239.255.255.250", NEVER, NEVER),
    ("240.0.0.1", NEVER, NEVER),
    ("255.255.255.255", NEVER, NEVER),
    ("::", NEVER, NEVER),
    ("fe80::1", NEVER, NEVER),
    ("febf::1", NEVER, NEVER),
    ("ff02::1", NEVER, NEVER),
    ("ff0e::1", NEVER, NEVER),
    ("::ffff:224.0.0.1", NEVER, NEVER),
    ("64:ff9b::0.0.0.0", NEVER, NEVER),
]


def expecting(said: str) -> Any:
    return pytest.raises(ConfigError, match=said) if said else nullcontext()


def in_url(address: str) -> str:
    return f"https://[{address}]" if ":" in address else f"https://{address}"


@pytest.mark.parametrize(("address", "strict", "relaxed"), ADDRESSES)
def test_an_address_is_judged_by_whom_it_reaches(address, strict, relaxed):
    assert is_private(address) is bool(strict)
    for allow, said in ((False, strict), (True, relaxed)):
        with expecting(said):
            check_address(in_url(address), allow_private_urls=allow)


@pytest.mark.parametrize(
    ("address", "strict", "relaxed"),
    [
        ("93.184.216.34", "", ""),
        ("10.1.2.3", PRIVATE, ""),
        ("fec0::1", PRIVATE, ""),
        ("2002:7f00:1::1", PRIVATE, ""),
        ("::ffff:169.254.169.254", NEVER, NEVER),
        ("fe80::1%eth0", NEVER, NEVER),
        ("224.0.0.1", NEVER, NEVER),
    ],
)
def test_what_a_name_leads_to_later_is_judged_before_it_is_tried(
    address, strict, relaxed, listen: Listen, monkeypatch
):
    """The name led to the Internet when it was looked up; now it leads to `address`."""
    for allow, said in ((False, strict), (True, relaxed)):
        heard: list[bytes] = []

        def hear(peer: socket.socket, heard: list[bytes] = heard) -> None:
            heard.append(peer.recv(65536))

        listener = listen(hear)
        rebound(monkeypatch, listener, address)
        api = ApiClient(
            f"https://vendor.example:{listener.port}",
            label="Testtool",
            headers={"Authorization": f"Bearer {SECRET}"},
            allow_private_urls=allow,
            sleep=lambda seconds: None,
        )
        with pytest.raises(Exception, match=said or "broke off"):
            api.get("/a")
        monkeypatch.undo()
        if said:
            assert (listener.accepted, heard) == (0, [])
        else:
            # What is greeted with a TLS handshake may be used.
            wait_for(lambda heard=heard: heard, "the connection to end")
            assert heard[0].startswith(b"\x16\x03")


def rebound(monkeypatch: pytest.MonkeyPatch, listener: Listener, address: str) -> None:
    """Every name leads to `address` after the first look, where the listener answers."""
    answers = iter(["93.184.216.34"])
    connect = socket.socket.connect

    def look_up(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        kind = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
        return [(*kind, (next(answers, address), listener.port))]

    def lead(self: socket.socket, to: Any) -> None:
        connect(self, ("127.0.0.1", to[1]))

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(socket.socket, "connect", lead)
    monkeypatch.setattr(socket.socket, "getpeername", lambda _: (address, 443))


def test_plain_http_goes_to_no_peer_outside_of_a_private_network(
    listen: Listen, monkeypatch
):
    listener = listen(answers_json(b"[]"))
    api = ApiClient(
        f"http://127.0.0.1:{listener.port}", label="Testtool", allow_private_urls=True
    )
    assert api.get("/a") == []
    public = lambda _: ("93.184.216.34", 80)  # noqa: E731
    monkeypatch.setattr(socket.socket, "getpeername", public)
    with pytest.raises(ConfigError, match="not encrypted"):
        api.get("/a")


# Host; what is said of it where private ones are not allowed, and where they are.
SPELLINGS = [
    ("2130706433", PRIVATE, ""),
    ("0x7f000001", PRIVATE, ""),
    ("0x7f.1", PRIVATE, ""),
    ("0177.0.0.1", PRIVATE, ""),
    ("127.1", PRIVATE, ""),
    ("10.1", PRIVATE, ""),
    ("localhost.", PRIVATE, ""),
    ("LOCALHOST", PRIVATE, ""),
    ("①②⑦.⓪.⓪.①", PRIVATE, ""),
    ("１２７。０。０。１", PRIVATE, ""),
    ("2852039166", NEVER, NEVER),
    ("0xa9fea9fe", NEVER, NEVER),
    ("0251.0376.0251.0376", NEVER, NEVER),
    ("169.254.43518", NEVER, NEVER),
    ("①⑥⑨.②⑤④.①⑥⑨.②⑤④", NEVER, NEVER),
    ("0", NEVER, NEVER),
    ("[0:0:0:0:0:ffff:169.254.169.254]", NEVER, NEVER),
    ("[::ffff:7f00:1]", PRIVATE, ""),
    ("metadata.google.internal", NEVER, NEVER),
    ("metadata.google.internal.", NEVER, NEVER),
    ("METADATA.google.internal", NEVER, NEVER),
    ("metadata", NEVER, NEVER),
    ("instance-data", NEVER, NEVER),
    ("[fe80::1%25eth0]", NO_ADDRESS, NO_ADDRESS),
    ("[fe80::1%eth0]", NO_ADDRESS, NO_ADDRESS),
    ("[::1%25lo]", NO_ADDRESS, NO_ADDRESS),
    ("%31%32%37.0.0.1", NO_ADDRESS, NO_ADDRESS),
    ("localhost%00.example.com", NO_ADDRESS, NO_ADDRESS),
    ("127.0.0.1\\.example.com", NO_ADDRESS, NO_ADDRESS),
    ("example.com\\@127.0.0.1", NO_ADDRESS, NO_ADDRESS),
    ("example.com@127.0.0.1", NO_ADDRESS, NO_ADDRESS),
    ("exa\tmple.com", NO_ADDRESS, NO_ADDRESS),
    ("exa\nmple.com", NO_ADDRESS, NO_ADDRESS),
    ("example.com #", NO_ADDRESS, NO_ADDRESS),
    ("[127.0.0.1]", NO_ADDRESS, NO_ADDRESS),
    ("256.256.256.256", UNKNOWN, UNKNOWN),
    (f"{'a' * 64}.invalid", UNKNOWN, UNKNOWN),
]


@pytest.mark.parametrize(("host", "strict", "relaxed"), SPELLINGS)
def test_an_odd_spelling_of_a_host_ends_as_the_plain_one(
    host, strict, relaxed, monkeypatch
):
    monkeypatch.setattr(socket, "getaddrinfo", by_the_system)
    for allow, said in ((False, strict), (True, relaxed)):
        with expecting(said):
            check_address(f"https://{host}", allow_private_urls=allow)


def by_the_system(host: str, port: Any, **kind: Any) -> Any:
    """What the system's own look-up makes of a spelling, without asking anybody."""
    if host.rstrip(".").lower() == "localhost":
        host = "127.0.0.1"
    return _socket.getaddrinfo(host, port, flags=socket.AI_NUMERICHOST, **kind)


@pytest.mark.parametrize("name", ["http_proxy", "https_proxy", "all_proxy"])
@pytest.mark.parametrize("spelled", [str.lower, str.upper])
def test_no_proxy_of_the_environment_gets_between(
    wire: Wire, listen: Listen, monkeypatch, name, spelled
):
    proxy = listen(answers_json(b'"from the proxy"'))
    monkeypatch.setenv(spelled(name), f"http://127.0.0.1:{proxy.port}")
    wire.serve(Answer(path="/a", body="from the vendor"))
    api = ApiClient(wire.url, label="Testtool", allow_private_urls=True)
    assert api.get("/a") == "from the vendor"
    assert proxy.accepted == 0
