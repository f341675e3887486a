"""What waits, written down for `status`: which kind, how many of how many, how much memory."""

import json
import os
from contextlib import suppress
from pathlib import Path

from pydantic import BaseModel, ValidationError

from notebench_spawner import shim
from notebench_spawner.workload import Kind


class Kept(BaseModel):
    """Warm processes of one kind, as their keeper said last."""

    kind: Kind
    wanted: int
    ready: int
    mib: int
    pid: int
    started: str


class Report:
    """Writes it, whenever it has changed."""

    def __init__(self, file: Path | None, kind: Kind, wanted: int) -> None:
        self.file = file
        self.kind = kind
        self.wanted = wanted
        self._last: dict[str, object] = {}

    def write(self, ready: int, mib: int) -> None:
        """So many wait now, with so much memory."""
        said = {"kind": self.kind.value, "wanted": self.wanted, "ready": ready, "mib": mib}
        if self.file is None or said == self._last:
            return
        self._last = dict(said)
        me = os.getpid()
        with suppress(OSError):
            self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            shim.write(self.file, {**said, "pid": me, "started": shim.start_mark(me)})


def read(folder: Path) -> list[Kept]:
    """What the keepers that live say."""
    found = []
    for file in sorted(folder.glob("*.json")):
        with suppress(OSError, ValidationError, json.JSONDecodeError):
            kept = Kept.model_validate_json(file.read_text())
            if shim.start_mark(kept.pid) == kept.started:
                found.append(kept)
    return found
