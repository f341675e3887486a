"""Whatever starts, ends and is killed in whatever order: no device in two living workloads, and none lost."""

import contextlib
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import psutil
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from notebench.contract.errors import Unavailable
from notebench.contract.sessions import Session, SessionState
from notebench_hub.service.asker import Owner
from notebench_hub.service.devices import Devices, DevicesBusy
from notebench_hub.service.store import Store, Transaction, runs, sessions
from notebench_hub.service.store import deployments as servers
from notebench_hub.service.store import devices as rows
from notebench_hub.service.store.base import now
from notebench_hub.service.store.devices import Holder
from notebench_spawner import processes
from notebench_spawner.catalogue.devices import GPU, Device
from notebench_spawner.hands import OwnHands
from notebench_spawner.process import MARK, process_spec
from notebench_spawner.workload import Hardware, ImageVersion, Kind, Workload

KNOWN = tuple(Device(f"GPU-{number}", GPU) for number in range(3))
HOLD = "trap '' TERM; while :; do sleep 60; done"
COMMANDS = {
    # Some end when they are asked to; some leave a process behind when their shim is killed.
    "polite": ["sh", "-c", "exec sleep 300"],
    "leaves": ["sh", "-c", f'(setsid sh -c "{HOLD}") & exec sleep 300'],
}


def hardware(count: int) -> Hardware:
    return Hardware(profile="gpu", cpu=1, memory_mib=512, resources={GPU: count})


class Machine(RuleBasedStateMachine):
    """A service with its store, real shims with real processes, and somebody who kills."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp(dir="/var/tmp", prefix="notebench-devices-"))
        self.hands = OwnHands(self.root, self.root / "environments", workloads=self.root / "workloads")
        self.hands.workloads.mkdir()
        self.holders: list[Holder] = []
        self.workloads: dict[str, Workload] = {}
        self.over: set[str] = set()
        self._open()

    def _open(self) -> None:
        self.store = Store(self.root / "notebench.db")
        self.store.open()
        self.devices = Devices(self.store, KNOWN, self.hands.settle)

    @rule()
    def service_is_killed_and_starts_again(self) -> None:
        self.store.close()
        self._open()

    # What happens

    @rule(
        kind=st.sampled_from(list(Kind)),
        count=st.integers(1, 2),
        command=st.sampled_from(sorted(COMMANDS)),
        launched=st.booleans(),
    )
    def begin(self, kind: Kind, count: int, command: str, launched: bool) -> None:
        """A start: the record with its devices in one transaction, and the process, unless killed between."""
        number = len(self.holders)
        thing = f"{kind.value}-{number}"
        holder = Holder(f"{thing}-w", kind, thing, f"user-{number % 2}")
        try:
            found = self.store.write_now(self._record, holder, count)
        except DevicesBusy:
            assert self._free() < count, "refused although enough are free"
            return
        assert len(found[GPU]) == count
        self.holders.append(holder)
        self.workloads[holder.workload] = Workload(
            id=holder.workload,
            kind=kind,
            user=holder.user,
            image=ImageVersion(image="i", version="1", identity="i", python="3.11"),
            hardware=hardware(count),
            home=self.root,
            command=COMMANDS[command],
            devices=found,
        )
        if launched:
            self._launch(holder.workload)

    @precondition(lambda self: self.holders)
    @rule(data=st.data())
    def comes_up_late(self, data: Any) -> None:
        """The launch that was under way when somebody was killed: also after its record has ended."""
        self._launch(data.draw(st.sampled_from(self.holders)).workload)

    @precondition(lambda self: self.holders)
    @rule(data=st.data())
    def asked_again(self, data: Any) -> None:
        """The same workload twice has the same devices."""
        holder = data.draw(st.sampled_from(self.holders))
        if holder.workload not in self.over:
            given = self.workloads[holder.workload]
            assert self.store.write_now(self.devices.take, holder, given.hardware) == given.devices

    @precondition(lambda self: self.holders)
    @rule(data=st.data())
    def its_record_ends(self, data: Any) -> None:
        """Whether its process has ended or not; and the controller looks at once."""
        holder = data.draw(st.sampled_from(self.holders))
        self.store.write_now(self._end, holder)
        self.over.add(holder.workload)
        self.taken_back()

    @precondition(lambda self: self.holders)
    @rule(data=st.data(), shim=st.booleans())
    def is_killed(self, data: Any, shim: bool) -> None:
        """The shim or what it runs."""
        holder = data.draw(st.sampled_from(self.holders))
        record = processes.read_handle(self.hands.workloads / holder.workload)
        if record is None or not processes.alive(record):
            return
        # What is looked at may end meanwhile: it was to be killed anyway.
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(record.pid)
            below = process.children()
            victim = process if shim or not below else below[0]
            victim.kill()
            psutil.wait_procs([victim], timeout=5)

    @precondition(lambda self: self.holders)
    @rule(data=st.data())
    def is_stopped(self, data: Any) -> None:
        holder = data.draw(st.sampled_from(self.holders))
        processes.end(self.hands.workloads / holder.workload, grace=0.5)

    @rule()
    def taken_back(self) -> None:
        for workload in self.store.read_now(rows.ended):
            if self.hands.settle(workload):
                self.store.write_now(rows.release, workload)

    # What must hold

    @invariant()
    def no_device_in_two_living_workloads(self) -> None:
        seen: dict[str, str] = {}
        for process in processes.marked(set(self.workloads)):
            try:
                environ = process.environ()
            except psutil.Error:
                continue
            if "CUDA_VISIBLE_DEVICES" not in environ:
                continue
            for device in filter(None, environ["CUDA_VISIBLE_DEVICES"].split(",")):
                assert seen.setdefault(device, environ[MARK]) == environ[MARK], (seen, environ[MARK])
        held = {one.device: one.holder.workload for one in self.store.read_now(rows.held)}
        assert seen.items() <= held.items(), "somebody lives with a device that is said to be free"

    def teardown(self) -> None:
        """When all records have ended and all processes are gone, everything is free again."""
        try:
            for holder in self.holders:
                self.store.write_now(self._end, holder)
            processes.end_all(self.hands.workloads, grace=0.2)
            self.taken_back()
            assert self._free() == len(KNOWN), "a device is lost"
            self.store.close()
        finally:
            processes.end_all(self.hands.workloads, grace=0.2)
            shutil.rmtree(self.root, ignore_errors=True)

    # The records as the desks and controllers write them

    def _record(self, tx: Transaction, holder: Holder, count: int) -> dict[str, list[str]]:
        words = {"image": "i", "version": "1", "identity": "i", "profile": "gpu"}
        if holder.kind is Kind.session:
            state, thing = SessionState.starting, holder.thing
            new = Session(
                **words,
                id=thing,
                user=holder.user,
                server=thing,
                acting_for="personal",
                state=state,
                started=now(),
            )
            sessions.add(tx, new)
        elif holder.kind is Kind.run:
            owner = Owner(holder.user, "personal")
            runs.add(tx, runs.NewRun(holder.thing, owner, "a.ipynb", {}, "i", "gpu", 60))
        else:
            deployment = servers.DeploymentRecord(
                f"d-{holder.thing}",
                holder.thing,
                holder.user,
                "personal",
                "m",
                "1",
                "i",
                "i",
                "gpu",
                1,
                {},
                None,
            )
            servers.put(tx, deployment)
            servers.keep(tx, servers.ServerRecord(holder.thing, deployment.id, 1, 0, "1", "m", {}))
        return self.devices.take(tx, holder, hardware(count))

    def _end(self, tx: Transaction, holder: Holder) -> None:
        if holder.kind is Kind.session:
            sessions.update(tx, holder.thing, SessionState.stopped)
        elif holder.kind is Kind.run:
            runs.finish(tx, holder.thing, runs.RunState.lost, "")
        else:
            servers.drop(tx, holder.thing)

    def _launch(self, workload: str) -> None:
        one = self.workloads[workload]
        spec = process_spec(one, self.root / "environments")
        try:
            self.hands.launch(one, spec, grace=0.5)
        except Unavailable as error:
            raise AssertionError(error) from error

    def _free(self) -> int:
        return len(KNOWN) - len(self.store.read_now(rows.held))


def test_no_device_in_two_living_workloads_and_none_lost() -> None:
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=int(os.environ.get("NOTEBENCH_EXAMPLES", "15")),
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_what_comes_up_after_its_devices_were_taken_back_starts_nothing(tmp_path: Path) -> None:
    hands = OwnHands(tmp_path, tmp_path / "environments", workloads=tmp_path / "workloads")
    started = tmp_path / "started"
    late = Workload(
        id="late",
        kind=Kind.run,
        user="ada",
        image=ImageVersion(image="i", version="1", identity="i", python="3.11"),
        hardware=hardware(1),
        home=tmp_path,
        command=["touch", str(started)],
    )
    assert hands.settle(late.id)
    record = hands.launch(late, process_spec(late, tmp_path), grace=0.5)
    assert not processes.alive(record)
    assert processes.read_exit(hands.workloads / late.id)
    # Also the shim itself, started by somebody who had not looked before.
    shim = processes.shim_argv(process_spec(late, tmp_path), hands.workloads / late.id)
    assert os.spawnv(os.P_WAIT, shim[0], shim) == 0
    assert not started.exists()
