"""Writes the API's OpenAPI document, from which the panels' types are made."""

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from notebench.contract import (
    audit,
    catalogue,
    deployments,
    errors,
    homes,
    outputs,
    people,
    runs,
    sessions,
    tracking,
)
from notebench.contract.base import Answer, Request
from notebench_spawner.backends.memory import MemoryBackend
from pydantic import BaseModel

from notebench_hub.place import Instance, Place
from notebench_hub.service.app import build_parts, compose, create_app
from notebench_hub.settings import Settings

DEFAULT_TARGET = Path(__file__).parents[3] / "extension" / "openapi.json"

_MODULES = (audit, catalogue, deployments, errors, homes, outputs, people, runs, sessions, tracking)


def document() -> dict[str, Any]:
    """The document of the API as it is composed."""
    with tempfile.TemporaryDirectory() as folder:
        place = Place(Path(folder))
        place.create()
        instance = Instance(
            version="", state_format=1, ip="127.0.0.1", port=1, proxy_api_port=1, hub_port=1, service_port=1
        )
        parts = build_parts(place, instance, Settings(), MemoryBackend())
        found = create_app(parts, compose(parts)).openapi()
    return _tidy(found)


def _tidy(found: dict[str, Any]) -> dict[str, Any]:
    """Paths as the contract says them, and one shape of failure instead of the framework's own."""
    prefix = "/services/notebench/api/v1"
    found["paths"] = {path.removeprefix(prefix): routes for path, routes in found["paths"].items()}
    found["servers"] = [{"url": prefix}]
    found["info"]["version"] = "1"
    schemas = found.setdefault("components", {}).setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas |= _contract()
    failure = {
        "description": "A problem",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for routes in found["paths"].values():
        for route in routes.values():
            route["responses"].pop("422", None)
            route["responses"]["default"] = failure
    found["components"]["schemas"] = dict(sorted(schemas.items()))
    return found


def _contract() -> dict[str, Any]:
    """All types of the contract, also those that only the Jupyter server extension answers with."""
    found: dict[str, Any] = {}
    for module in _MODULES:
        for model in vars(module).values():
            if isinstance(model, type) and issubclass(model, BaseModel) and model not in (Answer, Request):
                schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
                found |= schema.pop("$defs", {})
                found[model.__name__] = schema
    return found


def text() -> str:
    """The document as it is committed."""
    return json.dumps(document(), indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def main() -> int:
    """Write the file, or with `--check` say whether it is stale."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", nargs="?", type=Path, default=DEFAULT_TARGET)
    parser.add_argument("--check", action="store_true", help="only say whether the file is stale")
    options = parser.parse_args()
    if not options.check:
        options.target.write_text(text())
        return 0
    stale = not options.target.exists() or options.target.read_text() != text()
    if stale:
        print(f"{options.target} is stale: run python -m notebench_hub.service.openapi", file=sys.stderr)
    return int(stale)


if __name__ == "__main__":
    sys.exit(main())
