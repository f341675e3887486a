"""What a profile may say of pods, and how a mistake in that is shown."""

from pathlib import Path
from textwrap import indent

import pytest
from notebench.contract.errors import Refused
from notebench_spawner.catalogue.load import CatalogueFile, load
from notebench_spawner.catalogue.resolve import resolve
from notebench_spawner.placement import Placement, Toleration

from tests.unit.catalogue.shelf import CATALOGUE, write

WHOLE = """\
kubernetes:
  node_selector: {pool: gpu}
  tolerations:
    - key: nvidia.com/gpu
      operator: Exists
      effect: NoSchedule
  priority_class: gpu-first
  runtime_class: nvidia
  shm: 1Gi
  cpu_request: 0.5
  memory_request: 1Gi
  disk: 20Gi
  labels: {cost-centre: "42"}
  annotations: {example.com/note: "for all"}
"""


def with_small(folder: Path, more: str) -> CatalogueFile:
    """The catalogue, with more to say of its profile `small` (1 core, 2Gi)."""
    memory = "    memory: 2Gi\n"
    return load(write(folder, CATALOGUE.replace(memory, memory + indent(more, "    "), 1)))


def test_it_goes_with_the_workload(tmp_path: Path) -> None:
    _, hardware = resolve(with_small(tmp_path, WHOLE), groups=(), machine=None)
    assert hardware.placement == Placement(
        node_selector={"pool": "gpu"},
        tolerations=(Toleration(key="nvidia.com/gpu", operator="Exists", effect="NoSchedule"),),
        priority_class="gpu-first",
        runtime_class="nvidia",
        shm="1Gi",
        cpu_request=0.5,
        memory_request="1Gi",
        disk="20Gi",
        labels={"cost-centre": "42"},
        annotations={"example.com/note": "for all"},
    )
    assert type(hardware).model_validate_json(hardware.model_dump_json()) == hardware


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("node_selecter: {a: b}", "unknown key 'node_selecter'. Did you mean 'node_selector'?"),
        ("tolerations: [{kye: a}]", "unknown key 'kye'. Did you mean 'key'?"),
        ("tolerations: [{value: a}]", "a toleration without a key needs `operator: Exists`"),
        ("tolerations: [{key: a, operator: Exists, value: b}]", "with `operator: Exists` has no value"),
        ("tolerations: [{key: a, seconds: 5}]", "`seconds` needs `effect: NoExecute`"),
        ("cpu_request: 1.5", "`kubernetes.cpu_request` is more than `cpu`"),
        ("memory_request: 3Gi", "`kubernetes.memory_request` is more than `memory`"),
        ("shm: 2049Mi", "`kubernetes.shm` is more than `memory`"),
        ("shm: 1GB", "profiles.0.kubernetes.shm"),
        ("labels: {'a b': c}", "profiles.0.kubernetes.labels"),
        ("priority_class: High", "profiles.0.kubernetes.priority_class"),
    ],
)
def test_mistakes(tmp_path: Path, wrong: str, said: str) -> None:
    with pytest.raises(Refused) as caught:
        with_small(tmp_path, f"kubernetes:\n  {wrong}\n")
    assert said in str(caught.value)
    assert f"{tmp_path / 'catalogue.yaml'}, line " in str(caught.value)
