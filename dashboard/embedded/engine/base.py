"""The wrapper that Django looks for; `base` is the name that it looks under."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.db.utils import OperationalError

from dashboard.database.engine import base
from dashboard.embedded import EmbeddedError, keeper
from dashboard.embedded.postgres import Cluster

# A server that has just been killed still answers for a moment.
TRIES = 5
PAUSE_S = 0.1


class DatabaseWrapper(base.DatabaseWrapper):
    """Starts the embedded server at the first connection and again if it has died."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        cluster = Cluster(Path(self.settings_dict["CLUSTER"]))
        try:
            keeper.hold(cluster)
            cluster.check_socket()
        except EmbeddedError as error:
            raise OperationalError(str(error)) from error
        for _ in range(TRIES):
            try:
                return self._connected(conn_params)
            except self.Database.OperationalError:
                self._start(cluster)
        return self._connected(conn_params)

    def _connected(self, conn_params: dict[str, Any]) -> Any:
        connection = super().get_new_connection(conn_params)
        if niceness := os.getpriority(os.PRIO_PROCESS, 0):
            # What the server does for a process that gives way gives way as well.
            with suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, connection.info.backend_pid, niceness)
        return connection

    def _start(self, cluster: Cluster) -> None:
        try:
            keeper.start(cluster)
        except EmbeddedError as error:
            raise OperationalError(str(error)) from error
        time.sleep(PAUSE_S)
