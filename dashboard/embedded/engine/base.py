"""The wrapper that Django looks for; `base` is the name that it looks under."""

from __future__ import annotations

import time
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
                return super().get_new_connection(conn_params)
            except self.Database.OperationalError:
                self._start(cluster)
        return super().get_new_connection(conn_params)

    def _start(self, cluster: Cluster) -> None:
        try:
            keeper.start(cluster)
        except EmbeddedError as error:
            raise OperationalError(str(error)) from error
        time.sleep(PAUSE_S)
