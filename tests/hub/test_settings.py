"""The settings file: defaults, values, and every mistake with its line."""

from pathlib import Path

import pytest
from notebench.contract.errors import Refused
from notebench_hub.place import Place
from notebench_hub.settings import Settings, load
from pydantic import BaseModel


def write(root: Path, text: str) -> Place:
    place = Place(root)
    place.settings_file.write_text(text)
    return place


def test_no_file_and_an_empty_one_are_the_defaults(tmp_path: Path) -> None:
    assert load(Place(tmp_path)) == Settings()
    assert load(write(tmp_path, "# nothing yet\n")) == Settings()


def test_values(tmp_path: Path) -> None:
    found = load(write(tmp_path, "admin: root-of-all\nsessions:\n  named_servers: 2\n"))
    assert (found.admin, found.sessions.named_servers) == ("root-of-all", 2)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("admin: a\nadmni: b\n", 2, "Did you mean `admin`?"),
        ("sessions:\n  # how many\n  named_server: 2\n", 3, "Did you mean `sessions.named_servers`?"),
        (
            "sessions:\n  zzz: 2\n",
            2,
            "Settings here are: named_servers, start_timeout_seconds, starts_at_once, warm.",
        ),
        ("runs:\n\n  concurrency: many\n", 3, "`runs.concurrency` cannot be 'many'"),
        ("doors:\n  port: 99999\n", 2, "`doors.port` cannot be 99999"),
        ("doors: 5\n", 1, "`doors` cannot be 5"),
        ("admin: [unclosed\n", 2, "not YAML"),
        ("admin: a\nadmin: b\n", 2, "not YAML"),
        ("- a\n- b\n", 1, "something else"),
    ],
)
def test_mistakes(tmp_path: Path, text: str, line: int, said: str) -> None:
    with pytest.raises(Refused) as caught:
        load(write(tmp_path, text))
    assert f"settings.yaml, line {line}:" in str(caught.value)
    assert said in str(caught.value)


def test_every_setting_is_described() -> None:
    def walk(section: type[BaseModel], where: str) -> None:
        for name, one in section.model_fields.items():
            assert one.description, where + name
            if isinstance(one.annotation, type) and issubclass(one.annotation, BaseModel):
                walk(one.annotation, f"{where}{name}.")

    walk(Settings, "")
