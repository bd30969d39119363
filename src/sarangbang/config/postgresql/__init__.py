"""Django's backend of PostgreSQL (``base``), as ``DATABASES`` names it."""
