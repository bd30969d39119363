"""SQLite as Django speaks to it, but nobody is passed over while writers wait for each other."""

from __future__ import annotations

import sqlite3
import threading
import time

from django.db.backends.sqlite3 import base

TRY_AGAIN_AFTER_MS = 3
"""The longer somebody has waited for the lock, the more seldom SQLite looks, up to ten times a second: of many writers
those who came last get it, and between two of them the database is idle. Within this time it looks three times."""
BASIC_CODE = 0xFF
"""SQLite's result codes say more in the bits above these (sqlite.org, Result and Error Codes, 2)."""
_LOOKS = threading.Lock()
"""Of the threads of a process only one looks, or many who wait would keep the processor from the one who works."""


class DatabaseWrapper(base.DatabaseWrapper):
    """Looks for the lock, where a transaction begins, as often as all others who wait."""

    transaction_mode: str | None  # IMMEDIATE, of the options

    def _start_transaction_under_autocommit(self) -> None:
        """Begin; waits at most the ``timeout`` of the options. Raises ``OperationalError``."""
        here, seconds = self.connection, float(self.settings_dict["OPTIONS"].get("timeout", 5.0))
        deadline = time.monotonic() + seconds
        with self.wrap_database_errors:
            if not _LOOKS.acquire(timeout=seconds):
                raise sqlite3.OperationalError("database is locked")
            try:
                here.execute(f"PRAGMA busy_timeout = {TRY_AGAIN_AFTER_MS}")
                while not self._begun(deadline):
                    pass
            finally:
                _LOOKS.release()
                here.execute(f"PRAGMA busy_timeout = {round(seconds * 1000)}")

    def _begun(self, deadline: float) -> bool:
        try:
            self.connection.execute(f"BEGIN {self.transaction_mode or ''}")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & BASIC_CODE != sqlite3.SQLITE_BUSY or time.monotonic() >= deadline:
                raise
            return False
        return True
