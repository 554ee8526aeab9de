"""What ends TLS in front of a web server, with a certificate of its own."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.services import free_port

# Whatever day it is made to be.
VALID_FROM, VALID_UNTIL = (
    datetime(2000, 1, 1, tzinfo=UTC),
    datetime(2100, 1, 1, tzinfo=UTC),
)


def make_certificate(folder: Path) -> Path:
    """A file with a key and its certificate for 127.0.0.1, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(VALID_FROM)
        .not_valid_after(VALID_UNTIL)
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "certificate.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return file


class TlsFront:
    """Passes each connection on to a port of this machine.

    `stalls_after`: connections that come after so many are taken and never answered.
    """

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.certificate = make_certificate(folder)
        self.stalls_after: int | None = None
        self.taken = 0
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(self.certificate)
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(("127.0.0.1", self.port))
        self._held: list[socket.socket] = []

    def start(self, behind: int) -> None:
        self._behind = behind
        self._listener.listen(64)
        self._thread(self._accept)

    def stop(self) -> None:
        # Closing alone does not wake up who waits in accept().
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.let_go()

    def let_go(self) -> None:
        """Hang up on those that are held, and answer from now on."""
        self.stalls_after = None
        for one in self._held:
            one.close()
        self._held.clear()

    def _thread(self, work: Callable[..., None], *args: object) -> None:
        threading.Thread(target=work, args=args, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self.taken += 1
                if self.stalls_after is not None and self.taken > self.stalls_after:
                    self._held.append(client)
                else:
                    self._thread(self._serve, client)

    def _serve(self, plain: socket.socket) -> None:
        with suppress(OSError), plain:
            client = self._context.wrap_socket(plain, server_side=True)
            with client, socket.create_connection(("127.0.0.1", self._behind)) as web:
                upward = threading.Thread(target=_pump, args=(client, web), daemon=True)
                upward.start()
                _pump(web, client)
                with suppress(OSError):
                    client.unwrap()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            target.sendall(data)
