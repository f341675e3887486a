"""The doors: who is asking, proven by browser login, hub token or one of our own tokens.

A route says which askers it admits by the type of its parameter, and there is no other way in:
`Person` (browser, hub token, session), `Writer` (a person who may change what they act for),
`Admin`, and `Anyone` (runs and model servers too: such a route checks `asker.kind` and `asker.bound` itself).
"""

from notebench_hub.service.asker import PEOPLE, Asker, AskerKind, Owner, may_read, may_write
from notebench_hub.service.doors.doors import Admin, Anyone, Doors, Person, Writer

__all__ = [
    "PEOPLE",
    "Admin",
    "Anyone",
    "Asker",
    "AskerKind",
    "Doors",
    "Owner",
    "Person",
    "Writer",
    "may_read",
    "may_write",
]
