"""The catalogue at the service: read again when its file changes, the last good one while it is wrong."""

import os
import shutil
from pathlib import Path

import pytest
from notebench.contract.errors import Refused, Unavailable
from notebench_hub.service.doors.hub import HubClient, HubUser
from notebench_hub.service.shelf import Shelf
from notebench_hub.service.store import Store
from notebench_hub.shipped import images_folder
from notebench_spawner.catalogue.devices import GPU, Device
from notebench_spawner.catalogue.hardware import Machine

MACHINE = Machine(cores=64, memory_mib=262_144, devices=(Device("GPU-1", GPU),))


class Town(HubClient):
    """A hub that knows everybody."""

    async def _ask_user(self, name: str) -> HubUser | None:
        return HubUser(name)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    shutil.copytree(images_folder(), tmp_path / "images")
    store = Store(tmp_path / "notebench.db")
    store.open()
    return Shelf(tmp_path / "images" / "catalogue.yaml", MACHINE, store, Town("http://127.0.0.1:9/", "x"))


def _write(shelf: Shelf, text: str) -> None:
    shelf.file.write_text(text)
    os.utime(shelf.file, ns=(1, shelf.file.stat().st_mtime_ns + 1))


async def test_resolves_names_and_defaults(shelf: Shelf) -> None:
    found = await shelf.resolve("ana", "scientific", "medium")
    assert (found.image.image, found.hardware.profile) == ("scientific", "medium")
    assert found.image_title
    usual = (await shelf.current()).document.default
    default = await shelf.resolve("ana")
    assert (default.image.image, default.hardware.profile) == (usual.image, usual.profile)
    with pytest.raises(Refused):
        await shelf.resolve("ana", "scientific ", "medium")


async def test_change_counts_at_once_and_a_wrong_one_does_not(shelf: Shelf) -> None:
    before = await shelf.current()
    good = shelf.file.read_text()
    _write(shelf, good.replace("cpu: 1\n", "cpu: 2\n", 1))
    changed = await shelf.current()
    assert changed.revision != before.revision
    _write(shelf, good + "\nunknown: key\n")
    assert (await shelf.current()).revision == changed.revision
    assert "unknown" in await shelf.health()
    shelf.file.unlink()
    assert (await shelf.current()).revision == changed.revision
    _write(shelf, good)
    assert (await shelf.current()).revision == before.revision
    assert await shelf.health() == ""


async def test_without_any_good_catalogue(shelf: Shelf) -> None:
    _write(shelf, "images: nonsense")
    with pytest.raises(Unavailable):
        await shelf.resolve("ana")
    assert await shelf.health()
