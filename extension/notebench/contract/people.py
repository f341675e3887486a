"""Who is asking, and for whom: users, projects, and the one of them that a request acts for."""

from enum import StrEnum
from typing import Literal

from pydantic import Field

from notebench.contract.base import Answer, Name, Request

PERSONAL = "personal"
"""The acting word for one's own things; any other acting word is a project's name."""


class Role(StrEnum):
    """What a member may do in a project; each includes the ones before it."""

    viewer = "viewer"
    editor = "editor"
    owner = "owner"


class Membership(Answer):
    """One project that the asker belongs to."""

    project: str
    role: Role


class Me(Answer):
    """`GET /me`: the asker, as the service knows them."""

    name: str
    admin: bool = False
    acting_for: str = PERSONAL
    """`personal` or the project that this request acts for."""
    bound: bool = False
    """True where the token is bound to `acting_for` (inside a session or a run)."""
    role: Role = Role.owner
    """The asker's role in what it acts for; always owner for `personal`."""
    projects: list[Membership] = Field(default_factory=list)
    session: str = ""
    """Id of the session whose token this is, if it is one's."""


class Member(Request):
    """A user and their role."""

    user: str = Field(min_length=1, max_length=255)
    role: Role = Role.editor


class ProjectRequest(Request):
    """`PUT /projects/{name}` (admins): mark the hub group of that name as a project, with roles."""

    members: list[Member] = Field(default_factory=list, max_length=1000)


class Project(Answer):
    """`GET /projects`, `PUT /projects/{name}`."""

    name: Name
    members: list[Member] = Field(default_factory=list)


class Hello(Answer):
    """`GET /hello`: the handshake. No login needed; says nothing about anybody."""

    product: Literal["notebench"] = "notebench"
    version: str
    contract: int
    supported: list[int]
