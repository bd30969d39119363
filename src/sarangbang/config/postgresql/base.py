"""PostgreSQL as Django speaks to it, but to see whether a kept connection still stands costs no question."""

from __future__ import annotations

import selectors

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """Django looks before each request, so that whoever comes after a restart of the database gets a new connection."""

    def is_usable(self) -> bool:
        """Between requests a server that is there says nothing. When there is something to read (its farewell, the end
        of the connection, a notice), it is asked."""
        if self.connection is None or self.connection.closed:
            return False
        with selectors.DefaultSelector() as watched:
            watched.register(self.connection, selectors.EVENT_READ)
            is_silent = not watched.select(timeout=0)
        return is_silent or super().is_usable()
