"""The wrapper that Django looks for; `base` is the name that it looks under.

Statements outside of `atomic` commit one by one, as Django promises. Those that need
settings get a transaction, which stays open for the next one as long as they only read, and
is rolled back where one fails: so an answer costs one round trip to begin and one to end.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC
from typing import Any

import psycopg
from django.db.backends.postgresql import base
from django.db.backends.utils import debug_transaction
from psycopg.pq import TransactionStatus

from dashboard.database.engine.times import UtcLoader
from dashboard.database.local_settings import (
    Settings,
    set_locally,
    wanted_settings,
)

IDLE, OPEN = TransactionStatus.IDLE, TransactionStatus.INTRANS
# What PostgreSQL says of a statement that only read.
_READS = ("SELECT", "COPY", "SHOW", "EXPLAIN", "DECLARE", "FETCH", "CLOSE", "VALUES")


class DatabaseWrapper(base.DatabaseWrapper):
    """`local_settings` in force for each statement, whichever session runs it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Of the open transaction; None: they are not known.
        self._known: Settings | None = {}
        self.execute_wrappers.append(self._with_settings)

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        connection = super().get_new_connection(conn_params)
        if self.timezone is UTC:
            connection.adapters.register_loader("timestamptz", UtcLoader)
        return connection

    def create_cursor(self, name: str | None = None) -> Any:
        if name is None or not (self.in_atomic_block or wanted_settings()):
            return super().create_cursor(name)
        # Django takes the transaction for none, and would have the session keep the rows.
        cursor_class: Any = base.ServerSideCursor
        return cursor_class(
            self.connection, name=name, scrollable=False, withhold=False
        )

    def copied(self, statement: str, params: Any) -> bytes:
        """What `COPY … TO STDOUT` gives, asked like any other statement."""

        def read(statement: str, params: Any, many: bool, context: Any) -> bytes:
            asked = context["cursor"].cursor
            with self.wrap_database_errors, asked.copy(statement, params) as copy:
                return b"".join(bytes(block) for block in copy)

        with self.cursor() as cursor:
            context = {"connection": self, "cursor": cursor}
            found: bytes = self._with_settings(read, statement, params, False, context)
            return found

    def settings_changed(self) -> None:
        """Others are wanted from now on, or none."""
        if self.connection is None:
            return
        if self._status is OPEN:
            if self._is_managed:
                self._apply()
            elif not wanted_settings():
                self.release()
        elif self._status is TransactionStatus.UNKNOWN and not self._is_managed:
            # It broke; whoever comes next gets one that works.
            self.close()
        else:
            self._known = None

    def release(self) -> None:
        """Give the session back, where only settings kept it."""
        if self.connection is None or self._is_managed:
            return
        if self._status is OPEN:
            self._end_own()

    @property
    def _status(self) -> TransactionStatus:
        return TransactionStatus(self.connection.pgconn.transaction_status)

    @property
    def _is_managed(self) -> bool:
        """Whether Django's transaction is the one that is open, or will be."""
        return self.in_atomic_block or not self.autocommit

    def _with_settings(
        self,
        execute: Callable[..., Any],
        sql: Any,
        params: Any,
        many: bool,
        context: Any,
    ) -> Any:
        self._before()
        try:
            result = execute(sql, params, many, context)
        except BaseException:
            self._undo_own()
            raise
        self._after(context["cursor"].cursor)
        return result

    def _before(self) -> None:
        status = self._status
        if status is IDLE:
            self._known = {}
            if wanted_settings():
                self._apply(begin=not self._is_managed)
        elif status is OPEN:
            self._apply()

    def _after(self, cursor: Any) -> None:
        if self._is_managed or self._status is not OPEN:
            return
        if not (cursor.statusmessage or "SELECT").startswith(_READS):
            with self.wrap_database_errors:
                self.connection.commit()

    def _apply(self, *, begin: bool = False) -> None:
        wanted = wanted_settings()
        if self._known == wanted and not begin:
            return
        said = ["BEGIN"] if begin else []
        if statement := set_locally(wanted, self._known):
            said.append(statement)
        self._known = None
        self._say("; ".join(said))
        self._known = wanted

    def _say(self, statements: str) -> None:
        if not statements:
            return
        try:
            with self.wrap_database_errors:
                self.connection.execute(statements)
        except BaseException:
            self._undo_own()
            raise

    def _end_own(self) -> None:
        try:
            self.connection.commit()
        except psycopg.Error:
            # Nothing was written, and nobody else gets what it was set to.
            self.close()

    def _undo_own(self) -> None:
        """So that the next statement is not refused for this one."""
        if self._is_managed or self.connection is None:
            return
        with suppress(psycopg.Error):
            self.connection.rollback()

    def _start_transaction_under_autocommit(self) -> None:
        """For `atomic`: begun with its settings in one round trip."""
        self._known = {}
        ended = ["COMMIT"] if self._status is OPEN else []
        wanted = wanted_settings()
        said = [*ended, "BEGIN", *filter(None, [set_locally(wanted, {})])]
        self._known = None
        with debug_transaction(self, "BEGIN"):
            self._say("; ".join(said))
        self._known = wanted

    def _savepoint_rollback(self, sid: str) -> None:
        super()._savepoint_rollback(sid)  # type: ignore[misc]
        # What was set after the savepoint went with it.
        if self._known != {} or wanted_settings():
            self._known = None
            self._apply()
