"""Workloads and settings of every kind, for tests of what always holds."""

from pathlib import Path

from hypothesis import strategies as st
from notebench_spawner.placement import Placement, Toleration
from notebench_spawner.pods.settings import Account, Homes, Pods
from notebench_spawner.workload import Hardware, Kind, Share, Workload

from tests.unit.kubernetes.workloads import LAYER, workload

names = st.text(min_size=1, max_size=80)
words = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,20}[A-Za-z0-9])?", fullmatch=True)
sizes = st.from_regex(r"[1-9][0-9]{0,3}(Mi|Gi)", fullmatch=True)
ids = st.none() | st.integers(1, 2**31 - 1)
labels = st.dictionaries(words, words, max_size=3)
texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40) | st.sampled_from(
    ["$(HOME)", "$$(A)", "$", "$$", "a$(LANG)b", "$(A"]
)
keys = st.sampled_from(["HOME", "PATH", "NOTEBENCH_WORKLOAD", "LANG", "A", "NVIDIA_VISIBLE_DEVICES"])
variables = st.dictionaries(keys | st.from_regex(r"[A-Z_][A-Z0-9_]{0,8}", fullmatch=True), texts, max_size=4)
gpus = st.sampled_from(["nvidia.com/gpu", "nvidia.com/mig-1g.5gb", "nvidia.com/gpu.shared", "amd.com/gpu"])

tolerations = st.builds(
    Toleration, key=words, value=words, effect=st.sampled_from(["", "NoSchedule", "PreferNoSchedule"])
)

placements = st.builds(
    Placement,
    node_selector=labels,
    tolerations=st.lists(tolerations, max_size=2).map(tuple),
    shm=st.none() | sizes,
    cpu_request=st.none() | st.floats(0.001, 64),
    memory_request=st.none() | sizes,
    disk=st.none() | sizes,
    labels=labels,
    annotations=st.dictionaries(words, texts, max_size=3),
)

hardware = st.builds(
    Hardware,
    profile=st.just("some"),
    cpu=st.floats(0.001, 256),
    memory_mib=st.integers(1, 2**22),
    resources=st.dictionaries(gpus, st.integers(0, 8), max_size=3),
    placement=placements,
)


@st.composite
def workloads(draw: st.DrawFn) -> Workload:
    """Any workload that the service could make."""
    return workload(
        draw(st.sampled_from(list(Kind))),
        user=draw(names),
        acting_for=draw(names),
        hardware=draw(hardware),
        layer=draw(st.sampled_from([None, LAYER])),
        env=draw(variables),
        secret_env=draw(variables),
        cwd=draw(st.sampled_from([None, Path("/home/ada/wine")])),
        only_port=draw(st.sampled_from([None, 8081])),
        timeout_seconds=draw(st.none() | st.integers(1, 10**6)),
        shares=tuple(Share(project=name) for name in draw(st.sets(names, max_size=2))),
    )


def pod_settings() -> st.SearchStrategy[Pods]:
    """Any settings that are accepted."""
    return st.builds(
        Pods,
        resources=st.sets(gpus).map(tuple),
        homes=st.builds(
            Homes,
            folder=st.sampled_from(["", "home/{user}"]),
            access=st.sampled_from(["ReadWriteOnce", "ReadWriteMany"]),
        ),
        account=st.builds(
            Account,
            user=ids,
            group=ids,
            files_group=ids,
            more_groups=st.lists(st.integers(1, 2**31 - 1), max_size=2).map(tuple),
        ),
        node_selector=labels,
        tolerations=st.lists(tolerations, max_size=2).map(tuple),
        labels=labels,
        annotations=st.dictionaries(words, texts, max_size=2),
        env=variables,
    )
