"""The state directory: private, and its sockets where their paths fit."""

from pathlib import Path

import pytest
from notebench.contract.errors import Refused
from notebench_hub.place import Place


def test_everything_is_its_owners_only(tmp_path: Path) -> None:
    place = Place(tmp_path / "state")
    place.create()
    place.create()
    assert {one.stat().st_mode & 0o077 for one in place.root.rglob("*")} == {0}


def test_sockets_of_a_long_path_lie_in_a_short_directory_of_ours(tmp_path: Path) -> None:
    place = Place(tmp_path / ("x" * 90))
    place.create()
    try:
        assert len(str(place.mlflow_socket)) < 107
        assert place.sockets.stat().st_mode & 0o077 == 0
        place.sockets.rmdir()
        place.sockets.symlink_to(tmp_path)
        with pytest.raises(Refused, match="belongs to somebody else"):
            place.create()
    finally:
        place.sockets.unlink(missing_ok=True)
