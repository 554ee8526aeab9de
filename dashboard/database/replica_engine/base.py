"""The wrapper that Django looks for; `base` is the name that it looks under."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import psycopg
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, Error

from dashboard.database.engine import base

# A conflict with what the replica has to replay, a write, a server that goes or comes.
_CODES = ("40001", "40P01", "25006", "57P01", "57P02", "57P03", "08")


class DatabaseWrapper(base.DatabaseWrapper):
    """Asks the replica until it fails or something is to be written, and the primary from
    then on: a statement is asked again there, and whoever asks does not notice.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._own_settings = self.settings_dict
        self.is_given_up = False

    def rejoin(self) -> None:
        """The next answer may ask the replica again."""
        if self.is_given_up:
            self.close()
            self.settings_dict, self.is_given_up = self._own_settings, False
        else:
            self.release()

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        try:
            return super().get_new_connection(conn_params)
        except psycopg.OperationalError:
            if self.is_given_up:
                raise
            self._give_up()
            return super().get_new_connection(self.get_connection_params())

    def _with_settings(
        self,
        execute: Callable[..., Any],
        sql: Any,
        params: Any,
        many: bool,
        context: Any,
    ) -> Any:
        try:
            return super()._with_settings(execute, sql, params, many, context)
        except Error as error:
            if self.is_given_up or not self._can_primary(error):
                raise
            cursor = context["cursor"]
            name = getattr(cursor.cursor, "name", None)
            self._give_up()
            self.ensure_connection()
            cursor.cursor = self.create_cursor(name)
            return super()._with_settings(execute, sql, params, many, context)

    def _start_transaction_under_autocommit(self) -> None:
        # Whoever asks for one means to write.
        if not self.is_given_up:
            self._give_up()
            self.ensure_connection()
        super()._start_transaction_under_autocommit()

    def _can_primary(self, error: Error) -> bool:
        """Whether it was the replica that failed, not the statement."""
        said = error.__cause__
        is_broken = self.connection is None or self.connection.closed
        code = said.sqlstate if isinstance(said, psycopg.Error) else None
        return is_broken or (code or "").startswith(_CODES)

    def _give_up(self) -> None:
        self.close()
        self.settings_dict = copy.deepcopy(settings.DATABASES[DEFAULT_DB_ALIAS])
        self.is_given_up = True
