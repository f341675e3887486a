#!/usr/bin/env python3
"""Writes what an image holds, as CycloneDX: `python sbom.py NAME VERSION ENVIRONMENT`, while it is built.

Python packages are found by cyclonedx-py, the base's by what Debian's package manager has written down. No
time and no random number is in it: the same image is described in the same bytes.
"""

import json
import platform
import subprocess
import sys
from email import message_from_string
from pathlib import Path
from typing import Any

from packageurl import PackageURL

PLACE = Path("share/notebench/sbom.cdx.json")
"""Inside the environment; the image's label `org.notebench.sbom` says where that is."""
_DPKG = Path("var/lib/dpkg/status")


def describe(name: str, version: str, environment: Path, root: Path = Path("/")) -> dict[str, Any]:
    """The whole document: the environment's packages, the interpreter, and those of the system in `root`."""
    document = python_packages(environment)
    components = [*document["components"], interpreter(), *system_packages(root)]
    for one in components:
        refer = [link for link in one.pop("externalReferences", []) if not link["url"].startswith("file:")]
        if refer:  # our own wheel lay in a folder of the build, which is gone
            one["externalReferences"] = refer
    document["components"] = sorted(components, key=lambda one: str(one["bom-ref"]))
    document["metadata"]["component"] = {
        **{"type": "container", "bom-ref": f"image:{name}", "name": name},
        **({"version": version} if version else {}),
    }
    return document


def python_packages(environment: Path) -> dict[str, Any]:
    """What cyclonedx-py says. Its own validation takes half a minute; the tests do that."""
    tool = ["cyclonedx_py", "environment", "--output-reproducible", "--short-PURLs", "--no-validate"]
    done = subprocess.run(
        [sys.executable, "-m", *tool, "--spec-version", "1.6", str(environment / "bin" / "python")],
        check=True,
        stdout=subprocess.PIPE,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def interpreter() -> dict[str, Any]:
    """The base's Python, which is no package of the environment."""
    version = platform.python_version()
    address = PackageURL("generic", name="python", version=version).to_string()
    return {"type": "platform", "bom-ref": address, "name": "python", "version": version, "purl": address}


def system_packages(root: Path) -> list[dict[str, Any]]:
    """Debian's, and of what is made from it; another base's packages are not listed."""
    if not (root / _DPKG).is_file():
        return []
    system = platform.freedesktop_os_release() if root == Path("/") else {}
    vendor = system.get("ID", "debian")
    distribution = f"{vendor}-{system['VERSION_ID']}" if "VERSION_ID" in system else vendor
    found = []
    for stanza in (root / _DPKG).read_text(encoding="utf-8").split("\n\n"):
        package = message_from_string(stanza)
        if not str(package["Status"] or "").endswith(" installed"):
            continue
        name, version = str(package["Package"]), str(package["Version"])
        qualifiers = {"arch": str(package["Architecture"]), "distro": distribution}
        address = PackageURL("deb", vendor, name, version, qualifiers).to_string()
        found.append(
            {"type": "library", "bom-ref": address, "name": name, "version": version, "purl": address}
        )
    return found


def main(name: str, version: str, environment: str, file: str = "") -> None:
    """Write it into the environment, or into another file."""
    target = Path(file) if file else Path(environment) / PLACE
    target.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(
        describe(name, version, Path(environment)), indent=1, sort_keys=True, ensure_ascii=False
    )
    target.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
