"""Reads the package's dependencies from base.in, so that they are written in one place."""

from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

BUILD_ONLY = {"editables", "hatchling"}


class Dependencies(MetadataHookInterface):
    def update(self, metadata: dict[str, Any]) -> None:
        lines = (Path(__file__).parent / "base.in").read_text(encoding="utf-8").splitlines()
        names = [line.split("#")[0].strip() for line in lines]
        metadata["dependencies"] = [name for name in names if name and name not in BUILD_ONLY]
