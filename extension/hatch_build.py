"""Puts the built panels into the wheel as a prebuilt JupyterLab extension, and the tour for homes of pods."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PANELS = "notebench/labextension"
PLACE = "share/jupyter/labextensions/notebench"


class PanelsHook(BuildHookInterface):  # type: ignore[misc,type-arg]
    """An editable installation may come before the panels; a wheel for an image may not lack them."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Raises RuntimeError for a wheel without panels."""
        if self.target_name != "wheel":
            return
        if version == "standard" and (tour := Path(self.root).parent / "images" / "tour").is_dir():
            build_data["force_include"][str(tour)] = "notebench/tour"
        if (Path(self.root) / PANELS / "package.json").is_file():
            build_data["shared_data"][PANELS] = PLACE
        elif version == "standard":
            raise RuntimeError("The panels are not built: `jlpm install && jlpm build:prod` in extension/.")
