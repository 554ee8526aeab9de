"""Redis or Valkey as the broker, with one thing mended: a worker outlives its broker."""

from __future__ import annotations

from typing import Any

from kombu.transport import redis, virtual
from redis.exceptions import RedisError

from dashboard.embedded.connections import Connection


class QoS(redis.QoS):
    """Lets go of a message whose acknowledgement could not be delivered.

    With one message at a time a worker that still waits for it asks for no other, and
    so never notices that its connection is gone: it would be idle for ever (tried).
    Redis gives the message out again at its time, and taking it up twice is harmless.
    """

    def ack(self, delivery_tag: str) -> None:
        try:
            super().ack(delivery_tag)
        except (OSError, RedisError):
            virtual.QoS.ack(self, delivery_tag)
            raise


class Channel(redis.Channel):
    QoS: Any = QoS


class Transport(redis.Transport):
    Channel = Channel


class EmbeddedChannel(Channel):
    """To the embedded Valkey, whose socket needs no address."""

    connection_class = Connection

    def _connparams(self, asynchronous: bool = False) -> dict[str, Any]:
        # The stubs do not know it.
        given = super()._connparams(asynchronous)  # type: ignore[misc]
        of_tcp = {"host", "port", "socket_keepalive", "socket_keepalive_options"}
        return {name: given[name] for name in given.keys() - of_tcp}


class EmbeddedTransport(Transport):
    Channel = EmbeddedChannel
