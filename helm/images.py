"""Every container image that an installation uses: `python helm/images.py -f VALUES`, for a mirror to copy.

What our templates name, what the values say to the chart below, and what the catalogue's versions are.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

HERE = Path(__file__).parent
BELOW = (("hub", "image"), ("proxy", "chp", "image"))
"""Of the chart below only these two start: the rest is switched off in our values."""
PROXY = {"name": "quay.io/jupyterhub/configurable-http-proxy", "tag": "5.3.0"}
"""What the pinned chart starts where our values say nothing."""


def images(values: dict[str, Any], catalogue: dict[str, Any]) -> list[str]:
    """All of them, sorted, for values that are merged with the defaults."""
    return sorted({*_ours(values), *_below(values["jupyterhub"]), *_catalogue(catalogue)})


def _ours(values: dict[str, Any]) -> Iterator[str]:
    yield _reference(values["image"], _chart()["appVersion"])
    if values["postgresql"]["enabled"]:
        yield _reference(values["postgresql"]["image"], "")
    pools = [pool for pool in values["prePuller"]["pools"] if pool.get("images")]
    if pools:
        yield _reference(values["prePuller"]["pause"], "")
    for pool in pools:
        yield from pool["images"]


def _below(values: dict[str, Any]) -> Iterator[str]:
    for path in BELOW if values["enabled"] else ():
        found: Any = values
        for word in path:
            found = found.get(word, {})
        yield _reference({**(PROXY if "chp" in path else {}), **found}, "")


def _catalogue(catalogue: dict[str, Any]) -> Iterator[str]:
    for image in catalogue["images"]:
        for version in image["versions"]:
            found = version.get("kubernetes") or {}
            if found.get("image"):
                digest = found.get("digest")
                yield f"{found['image']}@{digest}" if digest else f"{found['image']}:{version['name']}"


def _reference(image: dict[str, Any], version: str) -> str:
    if image.get("digest"):
        return f"{image['name']}@{image['digest']}"
    return f"{image['name']}:{image.get('tag') or version}"


def merged(below: Any, above: Any) -> Any:
    """As Helm merges: mappings key by key, all else is replaced, null takes a key away."""
    if not (isinstance(below, dict) and isinstance(above, dict)):
        return above
    found = {name: merged(below.get(name), one) for name, one in above.items()}
    return {name: one for name, one in {**below, **found}.items() if one is not None}


def read(file: Path) -> Any:
    """A YAML file."""
    return YAML(typ="safe").load(file)


def _chart() -> Any:
    return read(HERE / "Chart.yaml")


def main() -> int:
    """Print one image a line."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("-f", "--values", type=Path, action="append", default=[], help="as for `helm install`")
    asked.add_argument("--catalogue", type=Path, default=HERE.parent / "images" / "catalogue.yaml")
    given = asked.parse_args()
    values = read(HERE / "values.yaml")
    for file in given.values:
        values = merged(values, read(file))
    print("\n".join(images(values, read(given.catalogue))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
