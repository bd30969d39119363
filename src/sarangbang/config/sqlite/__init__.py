"""Django's backend of SQLite (``base``), as ``DATABASES`` names it."""
