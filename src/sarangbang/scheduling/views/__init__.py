"""The pages of a clinic's staff, and the calendar feeds."""
