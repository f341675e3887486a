"""The settings of pods: closed to what they do not describe, and described."""

from typing import Any, get_args

import pytest
from notebench_spawner.pods.settings import Homes, Part, Pods
from notebench_spawner.workload import Kind
from pydantic import BaseModel, ValidationError


def parts(kind: Any, path: str = "") -> list[tuple[str, type[BaseModel]]]:
    """A model and all that are in it."""
    if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
        return [found for one in get_args(kind) for found in parts(one, path)]
    inside = [
        found
        for name, field in kind.model_fields.items()
        for found in parts(field.annotation, f"{path}.{name}".lstrip("."))
    ]
    return [(path, kind), *inside]


def test_everything_is_described_and_closed() -> None:
    found = parts(Pods)
    assert {"homes", "projects", "account", "grace_seconds", "tolerations"} < {path for path, _ in found}
    for path, kind in found:
        assert kind.model_config.get("extra") == "forbid", path
        assert [name for name, field in kind.model_fields.items() if not field.description] == [], path


@pytest.mark.parametrize(
    "wrong",
    [
        {"enviroment": "/opt"},
        {"environment": "opt"},
        {"homes": {"access": "ReadOnlyMany"}},
        {"homes": {"folder": "/home"}},
        {"resources": ["gpu"]},
        {"node_selector": {"a b": "c"}},
        {"priority_classes": {"sesion": "x"}},
        {"grace_seconds": {"run": 0}},
        {"pull_secrets": ["Registry"]},
        {"tolerations": [{"key": "a", "operator": "Exists", "value": "b"}]},
    ],
)
def test_mistakes(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Pods.model_validate(wrong)


def test_they_survive_as_json() -> None:
    given = Pods(homes=Homes(claims={"Ana": "claim-ana-2e"}), priority_classes={Kind.run: "runs"})
    assert Pods.model_validate_json(given.model_dump_json()) == given
    assert issubclass(Pods, Part)


def test_time_to_end_by_kind() -> None:
    given = Pods.model_validate({"grace_seconds": {"run": 60}}).grace_seconds
    assert [given.of(kind) for kind in (Kind.session, Kind.run, Kind.model_server)] == [15, 60, 30]
