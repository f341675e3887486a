"""All checks, in the order in which they are shown."""

from notebench_hub.doctor import admission, basics, devices, network, outside, storage
from notebench_hub.doctor.facts import Facts
from notebench_hub.doctor.finding import Finding


def findings(facts: Facts) -> list[Finding]:
    """What the facts mean."""
    return [
        basics.version(facts),
        basics.clock(facts),
        basics.rights(facts),
        admission.room(facts),
        *admission.tried(facts),
        admission.rules(facts),
        storage.homes(facts),
        storage.projects(facts),
        *storage.claims(facts),
        *devices.devices(facts),
        *network.probed(facts.probed),
        outside.ingress(facts),
        outside.sockets(facts.socket),
        *outside.images(facts),
    ]
