"""`user add`, `project add`, `token`: who may come in, and who works together."""

import os
import re
import sys
from hashlib import sha256
from pathlib import Path
from typing import Annotated

import typer
from notebench.contract.base import NAME_PATTERN
from notebench.contract.errors import Refused, Unavailable
from notebench.contract.people import PERSONAL, Role

from notebench_hub.cli import commands
from notebench_hub.cli.edge import StateDir, edge, place_of, say, started_place
from notebench_hub.cli.hub import AdminClient, hub_answers
from notebench_hub.i18n import _
from notebench_hub.place import Place
from notebench_hub.scopes import PROGRAM
from notebench_hub.settings import load
from notebench_hub.supervisor import control

user_group = typer.Typer(no_args_is_help=True, help=_("People who may come in."))
project_group = typer.Typer(no_args_is_help=True, help=_("What people share."))
commands.add_typer(user_group, name="user")
commands.add_typer(project_group, name="project")

_DAY = 24 * 60 * 60


@user_group.command("add", help=_("Make an account, with a generated password in a file."))
@edge
def add_user(
    name: Annotated[str, typer.Argument(help=_("Name of the user."))],
    admin: Annotated[bool, typer.Option("--admin", help=_("May manage users and projects."))] = False,
    password_stdin: Annotated[
        bool,
        typer.Option("--password-stdin", help=_("Read the password from the standard input instead.")),
    ] = False,
    state_dir: StateDir = None,
) -> None:
    """An account that is there keeps its password, unless one is given on the standard input."""
    from notebench_hub.hub.accounts import put_account  # the hub's code is heavy

    place, name = started_place(state_dir), name.lower()
    sign_in = load(place).sign_in
    if sign_in.external:
        raise Refused(
            "People sign in with {provider} here, so no account is made.",
            "Let them in with `sign_in.allowed_groups` or `sign_in.allowed_users` in the settings.",
            code="sign-in-elsewhere",
            provider=sign_in.provider,
        )
    given = sys.stdin.readline().rstrip("\n") if password_stdin else ""
    if password_stdin and not given:
        raise Refused("The password is too short.", "Use at least 10 characters.", code="password-short")
    running = _runs(place)
    password = put_account(place, name, password=given, admin=admin)
    if running:
        with AdminClient(place, load(place)) as client:
            client.put_user(name, admin=admin)
    elif admin and not password:
        raise Unavailable("The hub must run to make {name} an admin.", "Start `notebench up`.", name=name)
    if given:
        say(_("{name} can log in with the given password.", name=name))
    elif password:
        file = keep_password(place, name, password)
        say(_("{name} can log in with the password in this file; pass it on, then delete it:", name=name))
        sys.stdout.write(f"{file}\n")
    else:
        say(_("{name} has an account already and keeps the password.", name=name))


@user_group.command("link", help=_("Let a person of the sign-in provider be an existing user."))
@edge
def link_user(
    name: Annotated[str, typer.Argument(help=_("Name of the user."))],
    subject: Annotated[
        str, typer.Argument(help=_("The person's subject at the provider; the hub's log says it."))
    ],
    state_dir: StateDir = None,
) -> None:
    """For accounts from before there was a provider, and for the first admin."""
    from notebench_hub.hub.sign_in.links import link  # the hub's code is heavy

    place = started_place(state_dir)
    sign_in = load(place).sign_in
    if not sign_in.external:
        raise Refused(
            "People sign in with accounts of this installation, and there is nobody to join {name} with.",
            "Set `sign_in.method` first; see docs/sign-in.md.",
            code="sign-in-here",
            name=name,
        )
    link(place, sign_in, name, subject)
    say(
        _(
            "{subject} of {provider} signs in as {name} now.",
            subject=subject,
            provider=sign_in.provider,
            name=name,
        )
    )


@user_group.command(
    "unlink", help=_("End what `link` or a first sign-in began; the user and their things stay.")
)
@edge
def unlink_user(
    name: Annotated[str, typer.Argument(help=_("Name of the user."))], state_dir: StateDir = None
) -> None:
    """Their logins end as well."""
    from notebench_hub.hub.sign_in.links import unlink  # the hub's code is heavy

    unlink(started_place(state_dir), name)
    say(_("{name} is nobody of the provider any more.", name=name))


def keep_password(place: Place, name: str, password: str) -> Path:
    """Write a first password to a file of mode 0600 and say where that is."""
    folder = place.root / "secrets" / "first-passwords"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    plain = re.fullmatch(r"[a-z0-9][a-z0-9._@-]{0,99}", name)
    file = folder / (name if plain else sha256(name.encode()).hexdigest()[:16])
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w") as opened:
        opened.write(password + "\n")
    return file


@project_group.command("add", help=_("Make a project, or add members to one."))
@edge
def add_project(
    name: Annotated[str, typer.Argument(help=_("Name of the project: lower-case letters, digits, dashes."))],
    member: Annotated[
        list[str] | None,
        typer.Option("--member", help=_("USER or USER:viewer, USER:editor, USER:owner; may be repeated.")),
    ] = None,
    state_dir: StateDir = None,
) -> None:
    """The project is a group at the hub; roles are kept by the service. Members already there stay."""
    place = place_of(state_dir)
    if not re.fullmatch(NAME_PATTERN, name) or name == PERSONAL:
        raise Refused(
            "A project cannot be called {name}.",
            "Use 1 to 40 lower-case letters, digits and inner dashes, and not the word personal.",
            code="project-name",
            name=name[:80],
        )
    wanted = dict(_member(text) for text in member or [])
    if not _runs(place):
        raise Unavailable(
            "Notebench does not run in {place}.", "Start it with `notebench up`.", place=place.root
        )
    with AdminClient(place, load(place)) as client:
        client.put_group(name, list(wanted))
        roles = {**client.project_roles(name), **wanted}
        client.put_project(name, roles)
    members = ", ".join(f"{user} ({role})" for user, role in sorted(roles.items()))
    say(_("Project {name}: {members}", name=name, members=members or _("no members yet")))


def _member(text: str) -> tuple[str, str]:
    user, _colon, role = text.partition(":")
    role = role or Role.editor
    if not user or role not in set(Role):
        raise Refused(
            "{text!r} is no member.",
            "Write USER or USER:role with one of these roles: {roles}.",
            code="member",
            text=text,
            roles=", ".join(Role),
        )
    return user.lower(), str(role)


@commands.command("token", help=_("Make a token for a user's programs and print nothing else."))
@edge
def token(
    name: Annotated[str, typer.Argument(help=_("Name of the user."))],
    days: Annotated[int, typer.Option("--days", min=1, help=_("How many days it is valid."))] = 30,
    state_dir: StateDir = None,
) -> None:
    """For NOTEBENCH_TOKEN: opens Notebench and the user's sessions, and makes no other tokens."""
    from notebench_hub.hub.accounts import new_token  # the hub's code is heavy

    place = started_place(state_dir)
    made = new_token(place, name, note="notebench token", expires_in=days * _DAY, scopes=PROGRAM)
    sys.stdout.write(made + "\n")


def _runs(place: Place) -> bool:
    settings = load(place)
    if settings.mode == "kubernetes":
        return hub_answers(place, settings)
    found = control.view(place)
    return found is not None and any(part.name == "hub" and part.healthy for part in found.parts)
