"""The client: one attribute for each kind of record."""

from notebench.client.address import Address, find_address
from notebench.client.deployments import Deployments
from notebench.client.models import Models
from notebench.client.runs import Runs
from notebench.client.schedules import Schedules
from notebench.client.sessions import Sessions
from notebench.client.transport import Transport
from notebench.contract.catalogue import Catalogue
from notebench.contract.people import Me


class Client:
    """Talks to the service; synchronous, connects when first used.

    `acting_for` is `personal` or a project; empty: what the token is bound to, else personal.
    """

    def __init__(self, address: Address | None = None, *, acting_for: str = "") -> None:
        self.transport = Transport(address or find_address(), acting_for)
        self.runs = Runs(self.transport)
        self.schedules = Schedules(self.transport)
        self.models = Models(self.transport)
        self.deployments = Deployments(self.transport)
        self.sessions = Sessions(self.transport)

    def me(self) -> Me:
        """Who asks, as the service knows them."""
        return self.transport.get(Me, "/me")

    def catalogue(self) -> Catalogue:
        """What the asker may choose."""
        return self.transport.get(Catalogue, "/catalogue")
