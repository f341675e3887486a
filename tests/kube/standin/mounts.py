"""Volumes as directories of this machine, and a container's paths as paths there.

A process has no file system of its own here. So the paths of its mounts, and `0.0.0.0`, are replaced in its
command, variables and working directory; a program that has a path built in does not find it.
"""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.kube.standin import environment, volumes
from tests.kube.standin.images import Image
from tests.kube.standin.kinds import Object
from tests.kube.standin.store import Store


@dataclass(frozen=True)
class Mounts:
    """A container's paths, the longest first, each with its directory here; and the pod's address."""

    places: tuple[tuple[str, Path], ...]
    address: str

    def here(self, text: str) -> str:
        """The same words with this machine's paths and the pod's own address."""
        for inside, outside in self.places:
            whole = rf"(?<![\w./\0-]){re.escape(inside)}(?=/|$|[^\w.-])"
            text = re.sub(whole, lambda _, put=outside: f"\0{put}", text)  # type: ignore[misc]
            # the mark keeps what was put in from being replaced once more
        return re.sub(r"(?<![\d.])0\.0\.0\.0(?![\d.])", self.address, text.replace("\0", ""))


def make(store: Store, state: Path, pod: Object, container: Object, image: Image, address: str) -> Mounts:
    """Every mount of a container as a directory; NotThere while something it needs is missing."""
    own = state / "pods" / pod["metadata"]["uid"]
    sources = {one["name"]: _source(store, state, own, pod, one) for one in pod["spec"].get("volumes") or []}
    places: dict[str, Path] = {}
    for folder in image.folders:
        places[folder] = own / "containers" / container["name"] / folder.strip("/")
    for mount in container.get("volumeMounts") or []:
        place = sources[mount["name"]]
        if sub := mount.get("subPath"):
            place = place / sub
        places[mount["mountPath"].rstrip("/")] = place
    for place in places.values():
        if not place.exists():
            place.mkdir(parents=True)
    ordered = sorted(places.items(), key=lambda one: -len(one[0]))
    for number, (inside, outside) in enumerate(ordered):
        for above, place in ordered[number + 1 :]:
            if inside.startswith(above + "/"):
                _show(place / inside[len(above) + 1 :], outside)
                break
    return Mounts(tuple(ordered), address)


def _show(where: Path, outside: Path) -> None:
    """A mount inside of another: who walks down to it finds it, also a pod that has only the outer one."""
    where.parent.mkdir(parents=True, exist_ok=True)
    if not where.exists():
        where.symlink_to(outside)


def _source(store: Store, state: Path, own: Path, pod: Object, volume: Object) -> Path:
    space, place = pod["metadata"]["namespace"], own / "volumes" / str(volume["name"])
    if claim := volume.get("persistentVolumeClaim"):
        return volumes.directory(state, store, space, claim["claimName"])
    if "hostPath" in volume:
        return Path(volume["hostPath"]["path"])
    place.mkdir(parents=True, exist_ok=True)
    if "emptyDir" in volume:
        return _short(state, pod["metadata"]["uid"], place)
    for source in (volume.get("projected") or {}).get("sources") or [volume]:
        _fill(store, space, place, source)
    return place


def _short(state: Path, uid: str, place: Path) -> Path:
    """The same directory by a short path: that of a socket in it has 107 characters at most."""
    number = len(list(place.parent.iterdir()))
    link = state / "v" / f"{uid[:8]}{number}"
    link.parent.mkdir(exist_ok=True)
    for one in link.parent.glob(f"{uid[:8]}*"):
        if one.readlink() == place:
            return one
    link.symlink_to(place)
    return link


def _fill(store: Store, space: str, place: Path, source: Object) -> None:
    for word, key in (("secret", "secretName"), ("configMap", "name")):
        if (held := source.get(word)) is None:
            continue
        files = environment.data(
            store, word == "secret", space, held.get(key) or held["name"], optional=held.get("optional")
        )
        chosen: list[Any] = held.get("items") or [{"key": name, "path": name} for name in files]
        for one in chosen:
            if one["key"] not in files:
                raise environment.NotThere(f"references non-existent {word.lower()} key: {one['key']}")
            file = place / one["path"]
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(files[one["key"]])
            mode = one.get("mode") or held.get("defaultMode")
            file.chmod(mode if mode is not None else 0o644)


def clear(state: Path, uid: str) -> None:
    """What only this pod had is gone with it; claims stay."""
    shutil.rmtree(state / "pods" / uid, ignore_errors=True)
    for link in (state / "v").glob(f"{uid[:8]}*"):
        link.unlink()
