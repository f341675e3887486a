"""Addresses on loopback for pods and Services, so that many of them can listen on the same port."""

import itertools
import random
import socket

from tests.kube.standin.kinds import SERVICES
from tests.kube.standin.store import Store


def own_network() -> tuple[int, socket.socket]:
    """The second number of addresses that no other stand-in uses, as long as the socket is open."""
    for number in random.sample(range(64, 251), 187):
        claim = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            claim.bind((f"127.{number}.255.254", 64000))
        except OSError:
            claim.close()
            continue
        return number, claim
    raise OSError("All networks on loopback are taken by other stand-ins.")


def of_pod(network: int, number: int) -> str:
    return f"127.{network}.{number // 250}.{number % 250 + 1}"


def of_service(store: Store) -> str:
    """One that no Service has yet."""
    taken = {one["spec"].get("clusterIP") for one in store.all(SERVICES)}
    return next(
        one for one in (of_pod(store.network, 50_000 + at) for at in itertools.count()) if one not in taken
    )
