"""Images: which reference means which environment of this machine."""

import os
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Image:
    """What stands for a container image: programs, variables, a command, and folders of each container."""

    programs: list[Path] = field(default_factory=list)
    """Folders of programs, found first."""
    env: dict[str, str] = field(default_factory=dict)
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    """Paths inside the image that can be written, such as a home; each container has its own."""
    workdir: str = ""

    def variables(self) -> dict[str, str]:
        path = [str(folder) for folder in self.programs] + os.environ.get("PATH", "/usr/bin:/bin").split(":")
        return {"PATH": ":".join(path), "LANG": "C.UTF-8"} | self.env


class Images:
    """The registry, as far as nodes can reach it."""

    def __init__(self) -> None:
        self._known: dict[str, Image] = {}
        self.pull_seconds = 0.0

    def add(self, reference: str, image: Image) -> None:
        """What this exact reference means; a tag and a digest are two references."""
        self._known[reference] = image

    def find(self, reference: str) -> Image | None:
        return self._known.get(reference)
