"""What is known of an image: read from its configuration, and from two programs that run inside of it."""

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from notebench_hub.containers.building import PARTS
from notebench_hub.containers.looking import Described, Opened
from notebench_hub.containers.programs import shortened
from notebench_hub.i18n import _

ANYBODY = "12345:0"
"""A user id that no image knows, with the group that OpenShift gives to all."""
SBOM_LABEL = "org.notebench.sbom"
TITLE_LABEL = "org.opencontainers.image.title"


@dataclass(frozen=True)
class Facts:
    """All that is judged. What a program inside could not find out is empty, and `why` says the reason."""

    described: Described
    environment: str
    works: Mapping[str, Any]
    why_not: str
    holds: Mapping[str, Any]
    why_unknown: str

    @property
    def of_a_part(self) -> bool:
        """Whether it is hub or service, which nobody's session starts."""
        return self.described.labels.get(TITLE_LABEL, "") in {f"notebench/{part}" for part in PARTS}


def facts(image: Opened, environment: str) -> Facts:
    """Run both programs with the Python in `environment`."""
    sbom = image.described.labels.get(SBOM_LABEL, "")
    works, why_not = _told(_asked(image, environment, ANYBODY, "works", _part(image)))
    holds, why_unknown = _told(_asked(image, environment, "0:0", "holds", sbom))
    return Facts(image.described, environment, works, why_not, holds, why_unknown)


def _part(image: Opened) -> str:
    title = image.described.labels.get(TITLE_LABEL, "")
    return title.partition("/")[2] if title in {f"notebench/{part}" for part in PARTS} else ""


def _asked(
    image: Opened, environment: str, user: str, program: str, word: str
) -> subprocess.CompletedProcess[str]:
    source = (files("notebench_hub.containers.inside") / f"{program}.py").read_text()
    return image.run(user, [f"{environment}/bin/python", "-P", "-c", source, word])


def _told(done: subprocess.CompletedProcess[str]) -> tuple[Mapping[str, Any], str]:
    try:
        return json.loads(done.stdout.splitlines()[-1]), ""
    except (ValueError, IndexError):
        return {}, _reason(done)


def _reason(done: subprocess.CompletedProcess[str]) -> str:
    """What was said first of why a program did not start: what follows says only that it did not."""
    if done.returncode == 127 or "no such file or directory" in done.stderr:
        return _("there is no such file")
    said = [line for line in done.stderr.splitlines() if not line.startswith(("Error: ", "error running "))]
    return shortened(said[-1:]) or _("exit code {code}", code=done.returncode)
