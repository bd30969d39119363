"""What every test of stays may ask for."""

from .world import committed_town, town  # noqa: F401
