"""A workload as a process: the whole specification, and what may never be in it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from notebench_spawner.process import MARK, PASSED_ON, process_spec
from notebench_spawner.workload import Hardware, ImageVersion, Kind, Workload

ROOT = Path("/images")
LAYER = Path("/home/ada/environments/personal/minimal-1-abc")


def workload(kind: Kind = Kind.run, **changes: object) -> Workload:
    fields = {
        "id": "run-1",
        "kind": kind,
        "user": "ada",
        "image": ImageVersion(image="minimal", version="1", identity="abc", python="3.11"),
        "hardware": Hardware(profile="small", cpu=1.5, memory_mib=2048),
        "home": Path("/home/ada"),
        "layer": LAYER,
        "command": ["python", "-m", "notebench.runner"],
        "env": {"MLFLOW_TRACKING_URI": "http://x"},
        "secret_env": {"NOTEBENCH_TOKEN": "nbt_run_secret"},
        "timeout_seconds": 60,
    }
    return Workload.model_validate(fields | changes)


def test_the_whole_specification() -> None:
    spec = process_spec(workload(), ROOT, {"LANG": "de_DE.UTF-8", "SECRET": "x"})
    threads = {name: value for name, value in spec.env.items() if value == "2"}
    assert len(threads) == 11
    assert spec.model_dump(mode="json", exclude={"env"}) == {
        "id": "run-1",
        "argv": [f"{LAYER}/bin/python", "-P", "-m", "notebench.runner"],
        "cwd": "/home/ada",
        "only_port": None,
        "limits": {
            "cpu": 1.5,
            "memory_mib": 2048,
            "processes": 1024,
            "files": 8192,
            "timeout_seconds": 60,
        },
    }
    assert {name: value for name, value in spec.env.items() if name not in threads} == {
        "LANG": "de_DE.UTF-8",
        "PATH": f"{LAYER}/bin:/images/abc/bin:/usr/local/bin:/usr/bin:/bin",
        "VIRTUAL_ENV": str(LAYER),
        "JUPYTER_PATH": f"{LAYER}/share/jupyter:/images/abc/share/jupyter",
        "USER": "ada",
        "LOGNAME": "ada",
        "SHELL": "/bin/bash",
        "CUDA_VISIBLE_DEVICES": "",
        "MLFLOW_TRACKING_URI": "http://x",
        "NOTEBENCH_TOKEN": "nbt_run_secret",
        "HOME": "/home/ada",
        MARK: "run-1",
    }


def test_the_network_is_closed_where_the_workload_says_so() -> None:
    assert process_spec(workload(Kind.model_server, only_port=8123), ROOT).only_port == 8123


@pytest.mark.parametrize(
    ("kind", "layer", "interpreter"),
    [
        (Kind.session, LAYER, "/images/abc/bin/python"),
        (Kind.session, None, "/images/abc/bin/python"),
        (Kind.run, LAYER, f"{LAYER}/bin/python"),
        (Kind.run, None, "/images/abc/bin/python"),
        (Kind.model_server, LAYER, f"{LAYER}/bin/python"),
    ],
)
def test_which_interpreter(kind: Kind, layer: Path | None, interpreter: str) -> None:
    assert process_spec(workload(kind, layer=layer), ROOT).argv[0] == interpreter


def test_three_kinds_differ_only_where_they_must() -> None:
    specs = [process_spec(workload(kind, layer=None), ROOT) for kind in Kind]
    assert specs[0] == specs[1] == specs[2]


@given(st.dictionaries(st.text("ABCDEFGHIJ_", min_size=1), st.text()))
def test_nothing_leaks_from_the_starter(ambient: dict[str, str]) -> None:
    alone = process_spec(workload(), ROOT).env
    assert process_spec(workload(), ROOT, ambient).env.keys() <= alone.keys() | PASSED_ON


def test_addresses_with_passwords_are_not_passed_on() -> None:
    ambient = {"PIP_INDEX_URL": "https://me:secret@mirror/simple", "HTTPS_PROXY": "http://proxy:3128"}
    env = process_spec(workload(), ROOT, ambient).env
    assert "PIP_INDEX_URL" not in env
    assert env["HTTPS_PROXY"] == "http://proxy:3128"


def test_a_gpu_is_visible_only_where_it_was_reserved() -> None:
    given = workload(
        devices={"nvidia.com/gpu": ["GPU-1", "GPU-2"]}, env={"CUDA_VISIBLE_DEVICES": "GPU-of-others"}
    )
    assert process_spec(given, ROOT).env["CUDA_VISIBLE_DEVICES"] == "GPU-1,GPU-2"
    asked = Hardware(profile="gpu", cpu=4, memory_mib=1, resources={"nvidia.com/gpu": 1})
    assert process_spec(workload(hardware=asked), ROOT).env["CUDA_VISIBLE_DEVICES"] == ""


def test_secrets_are_in_no_text() -> None:
    one = workload()
    texts = [repr(one), repr(process_spec(one, ROOT)), one.without_secrets().model_dump_json()]
    assert not [text for text in texts if "nbt_run_secret" in text]
