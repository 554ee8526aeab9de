"""Servers below HTTP: they hang up, stay silent, speak TLS with a poor certificate."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests import clock

Talk = Callable[[socket.socket], object]


class Listener:
    """A TCP server that gives each connection to the next talk, at the end the last."""

    def __init__(self, *talks: Talk) -> None:
        self._talks = list(talks)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.accepted = 0
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                peer, _ = self._socket.accept()
                talk = self._talks[min(self.accepted, len(self._talks) - 1)]
                self.accepted += 1
                with peer, contextlib.suppress(OSError):
                    peer.settimeout(5)
                    talk(peer)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(timeout=240)


@pytest.fixture
def listen() -> Iterator[Callable[..., Listener]]:
    """Make listeners that end with the test."""
    made: list[Listener] = []

    def listener(*talks: Talk) -> Listener:
        made.append(Listener(*talks))
        return made[-1]

    yield listener
    for one in made:
        one.close()


def says(content: bytes) -> Talk:
    """Read the request, send `content`, close."""

    def talk(peer: socket.socket) -> None:
        peer.recv(65536)
        peer.sendall(content)

    return talk


def answers_json(body: bytes) -> Talk:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    return says(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)


def resets(peer: socket.socket) -> None:
    """Break the connection off with RST after the request came in."""
    peer.recv(65536)
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def stays_silent(peer: socket.socket) -> None:
    """Take the request and never answer; the client hangs up first."""
    while peer.recv(65536):
        pass


def keeps_sending(
    head: bytes, again: bytes, *, every_s: float = 0.0, for_s: float = 15.0
) -> Talk:
    """Read the request, send `head`, then `again` and again until nobody listens.

    It gives up after `for_s`, so that a client without a limit fails and does not hang.
    """

    def talk(peer: socket.socket) -> None:
        peer.recv(65536)
        peer.sendall(head)
        ends_at = time.monotonic() + for_s
        while time.monotonic() < ends_at:
            peer.sendall(again)
            time.sleep(every_s)

    return talk


def self_signed(folder: Path) -> ssl.SSLContext:
    """A server's TLS context whose certificate nobody has signed but itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = clock.now()
    address = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(address, critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "server.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


def speaks_tls(
    context: ssl.SSLContext, inside: Talk = lambda peer: peer.recv(65536)
) -> Talk:
    def talk(peer: socket.socket) -> None:
        with context.wrap_socket(peer, server_side=True) as secured:
            inside(secured)

    return talk
