"""Sessions through the real hub: granted, started, recorded, adopted after restarts, ended."""

import psutil
from notebench_spawner import processes

from .workbench import Person, Workbench, wait_for


def test_start_by_rest_stop_and_records(bench: Workbench) -> None:
    admin = Person(bench, "admin", bench.admin_password())
    answer = admin.api("POST", "users/admin/server", json={"image": "minimal", "profile": "small"})
    assert answer.status_code in (201, 202), answer.text
    server = admin.wait_ready()
    request = bench.service.asked[-1]
    assert (request.user, request.server, request.image, request.acting_for) == (
        "admin",
        "",
        "minimal",
        "personal",
    )
    assert admin.http.get(server["url"] + "lab").status_code == 200
    (folder,) = processes.running(bench.place.workloads)
    assert processes.read_note(folder)
    assert "nbt_session_test" not in (folder / "workload.json").read_text()
    assert admin.api("DELETE", "users/admin/server").status_code in (202, 204)
    wait_for(lambda: not processes.running(bench.place.workloads), 30)
    wait_for(lambda: bench.service.states(folder.name.removeprefix("session-")) == ["running", "stopped"], 10)
    assert not [p for p in psutil.process_iter() if folder.name in p.name()]
