"""The queue of notebook runs: the oldest whose devices are free begins, and those that wait say for what."""

from notebench_spawner.workload import Kind

from notebench_hub.service import resolution
from notebench_hub.service.devices import Devices, DevicesBusy, waiting_for
from notebench_hub.service.store import Transaction
from notebench_hub.service.store import runs as rows
from notebench_hub.service.store.devices import Holder
from notebench_hub.service.store.runs import Kept


def claim(tx: Transaction, most: int, devices: Devices) -> list[Kept]:
    """Take runs from the queue with the devices that they need, so that at most `most` are out of it."""
    waited_for: set[str] = set()

    def lacks(kept: Kept) -> str:
        if kept.resolved is None:
            return ""  # known when it is launched
        hardware = resolution.load(kept.resolved).hardware
        # Nobody overtakes on the way to a device: else who needs two would wait for ever.
        if ahead := next((one for one in hardware.resources if one in waited_for), ""):
            return f"It waits for {ahead}, behind an earlier notebook run."
        try:
            devices.take(tx, holder(kept), hardware)
        except DevicesBusy as error:
            waited_for.update(hardware.resources)
            return waiting_for(error)
        return ""

    return rows.claim(tx, most, lacks)


def holder(kept: Kept) -> Holder:
    """The run's attempt as a holder of devices."""
    return Holder(workload_id(kept), Kind.run, kept.run.id, kept.run.user, kept.run.attempt)


def workload_id(kept: Kept) -> str:
    """One word per run and attempt."""
    return rows.workload_id(kept.run.id, kept.run.attempt)
