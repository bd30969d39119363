"""What every test of the portal may ask for."""

from sarangbang.stays.tests.world import committed_town, town  # noqa: F401
