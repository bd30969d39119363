"""Which rooms the house has and where their doors are."""

# Every room is one Django app; the order is the order in which templates are looked for.
ROOMS = [
    "ui",
    "directory",
    "people",
    "messages",
    "scheduling",
    "stays",
    "concierge",
    "portal",
    "interop",
    "policy",
    "demo",
]

# Rooms that bring commands: name on the command line, module, one line of help.
# Each module has a click group named ``commands``; Django is ready when one of its commands runs.
COMMANDS = {
    "demo": ("sarangbang.demo.cli", "Load the fictional demo district."),
    "directory": ("sarangbang.directory.cli", "Import institutions, practitioners and procedures."),
    "dispatch": ("sarangbang.dispatch.cli", "Plan cars near the optimum, and check plans."),
    "policy": ("sarangbang.policy.cli", "Load and check figures, compute ripple effects."),
}

# Of these, whose commands need no house: neither settings nor a database.
OUTDOORS = {"dispatch"}
