"""What is refused before anything is started, and which addresses are chosen."""

import json
import os
import shutil
import socket
from pathlib import Path

import pytest
from notebench.contract.errors import NotebenchError, Refused, Unavailable
from notebench_hub.place import Place
from notebench_hub.settings import Doors, Settings
from notebench_hub.supervisor.claim import STATE_FORMAT, AlreadyRuns, claimed, decide
from notebench_hub.supervisor.ports import free_port

SETTINGS = Settings()


def test_two_supervisors_do_not_share_a_state_directory(place: Place) -> None:
    with claimed(place), pytest.raises(AlreadyRuns), claimed(place):
        pytest.fail("it was claimed twice")
    with claimed(place):  # free again
        pass


def test_state_of_a_newer_version_is_refused(place: Place) -> None:
    decide(place, SETTINGS, 0)
    written = json.loads(place.instance_file.read_text())
    newer = {**written, "version": "9.9.0", "state_format": STATE_FORMAT + 1, "what_we_do_not_know": 1}
    place.instance_file.write_text(json.dumps(newer))
    with pytest.raises(Refused, match=r"written by Notebench 9\.9\.0") as caught:
        decide(place, SETTINGS)
    assert caught.value.kind == "state-newer"
    assert json.loads(place.instance_file.read_text()) == newer


def test_an_instance_file_that_was_cut_short_is_written_anew(place: Place) -> None:
    place.instance_file.write_text('{"version": "0.')
    assert decide(place, SETTINGS, 0).port > 0


def test_ports_stay_for_sessions_that_know_them(place: Place) -> None:
    first = decide(place, SETTINGS, 0)
    assert decide(place, SETTINGS) == first
    with socket.socket() as door:
        door.bind(("127.0.0.1", first.service_port))
        door.listen()
        second = decide(place, SETTINGS)
    assert second.service_port != first.service_port
    assert (second.port, second.hub_port) == (first.port, first.hub_port)


def test_ports_differ_from_each_other(place: Place) -> None:
    found = decide(place, SETTINGS, 0)
    assert len({found.port, found.proxy_api_port, found.hub_port, found.service_port}) == 4


def test_the_settings_say_which_port_comes_first(place: Place) -> None:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        port = door.getsockname()[1]
    assert decide(place, Settings(doors=Doors(port=port))).port == port


def test_a_taken_port_says_by_whom(place: Place) -> None:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        door.listen()
        port = door.getsockname()[1]
        with pytest.raises(Unavailable, match=rf"Port {port} is in use by .*pid {os.getpid()}.*--port 0"):
            decide(place, SETTINGS, port)
    assert not place.instance_file.exists()


def test_a_directory_that_others_can_enter_is_refused(place: Place) -> None:
    place.root.chmod(0o755)
    with pytest.raises(Refused, match="can be entered by other accounts"), claimed(place):
        pytest.fail("it was claimed")


def test_a_directory_for_sockets_that_somebody_laid_is_refused(place: Place, tmp_path: Path) -> None:
    place.sockets.rmdir()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    place.sockets.symlink_to(elsewhere)
    with pytest.raises(Refused, match="belongs to somebody else"), claimed(place):
        pytest.fail("it was claimed")


def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    there = Place(tmp_path / "file" / "state")
    with pytest.raises(NotebenchError, match="Notebench cannot write to"), claimed(there):
        pytest.fail("it was claimed")


def test_a_full_disk_is_refused(place: Place) -> None:
    more_than_there_is = shutil.disk_usage(place.root).free * 2
    with pytest.raises(Unavailable, match="nearly full"), claimed(place, more_than_there_is):
        pytest.fail("it was claimed")


def test_a_port_that_the_settings_got_since_counts(place: Place) -> None:
    first = decide(place, SETTINGS, 0)
    other = free_port(taken=frozenset({first.port}))
    changed = Settings(doors=Doors(port=other))
    assert decide(place, changed).port == other
    third = decide(place, changed, 0)
    assert third.port != other  # the option overrides the settings,
    assert decide(place, changed).port == third.port  # and stays until they change


def test_a_port_in_the_settings_counts_over_one_of_an_older_version(place: Place) -> None:
    before = decide(place, SETTINGS, 0)
    written = json.loads(place.instance_file.read_text())
    place.instance_file.write_text(json.dumps({**written, "settings_port": 0}))
    assert decide(place, SETTINGS).port == before.port  # they say nothing about it
    other = free_port(taken=frozenset({before.port}))
    place.instance_file.write_text(json.dumps({**written, "settings_port": 0}))
    assert decide(place, Settings(doors=Doors(port=other))).port == other
