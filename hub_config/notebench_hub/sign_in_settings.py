"""Settings of how people sign in: accounts made here, or those of a provider, and who of them may come in."""

from collections.abc import Callable, Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from notebench.contract.base import NAME_PATTERN
from notebench.contract.errors import Refused
from notebench.contract.people import PERSONAL, Role
from pydantic import Field

from notebench_hub.section import Section

_NO_COLON = r"^[^\s:,/\\\"'<>]{1,100}$"
_FILE = "File of mode 0600 that holds it; a path that is not absolute counts from the state directory."
_VARIABLE = "Environment variable of `notebench up` that holds it, where there is no such file."
METHODS = ("oidc", "ldap", "github")
"""Those that ask a provider. Each has a section of the same name."""

Value = Annotated[str, Field(min_length=1, max_length=400)]


class GroupRule(Section):
    """What members of one group at the provider belong to here."""

    claim: Value = Field(description="The group at the provider, spelled as the provider spells it.")
    entitlement: str = Field(
        default="", pattern=f"{_NO_COLON}|^$", description="Hub group that opens catalogue choices."
    )
    project: str = Field(
        default="", pattern=f"^({NAME_PATTERN})?$", description="Project they are members of."
    )
    role: Role = Field(default=Role.editor, description="What they may do in the project.")


class Oidc(Section):
    """An OpenID provider."""

    issuer: str = Field(default="", description="Address of the provider, exactly as it names itself.")
    authorize_url: str = Field(default="", description="Only where the provider has no discovery.")
    token_url: str = Field(default="", description="Only where the provider has no discovery.")
    userinfo_url: str = Field(default="", description="Only where the provider has no discovery.")
    end_session_url: str = Field(
        default="", description="Where signing out goes on to; empty for what discovery says."
    )
    client_id: str = Field(default="", description="What the provider calls this installation.")
    client_secret_file: Path | None = Field(default=None, description=f"The client's secret. {_FILE}")
    client_secret_variable: str = Field(default="", description=f"The client's secret. {_VARIABLE}")
    username_claim: str = Field(
        default="preferred_username", min_length=1, description="Claim that a new person's hub name is."
    )
    groups_claim: str = Field(
        default="groups", description="Claim with the person's groups; dots lead into objects."
    )
    scopes: list[str] = Field(
        default=["openid", "profile", "email"], description="What is asked of the provider; `openid` must be."
    )
    button: str = Field(default="OpenID", max_length=60, description="What the provider is called on pages.")


class Ldap(Section):
    """A directory with people and groups."""

    server: str = Field(default="", description="Name or address of the server.")
    port: int | None = Field(
        default=None, ge=1, le=65535, description="Its port; empty for 636 with `ldaps`, else 389."
    )
    tls: Literal["ldaps", "starttls", "none"] = Field(
        default="ldaps", description="How the connection is protected; `none` only on this machine."
    )
    ca_file: Path | None = Field(default=None, description="Certificates to trust; empty for the system's.")
    bind_dn: str = Field(default="", description="Account that looks people up.")
    bind_password_file: Path | None = Field(default=None, description=f"Its password. {_FILE}")
    bind_password_variable: str = Field(default="", description=f"Its password. {_VARIABLE}")
    user_base: str = Field(default="", description="Where people are looked for.")
    user_attribute: str = Field(
        default="uid", pattern=r"^[A-Za-z][A-Za-z0-9-]*$", description="Attribute with the name people type."
    )
    user_filter: str = Field(
        default="(objectClass=person)",
        pattern=r"^\(.+\)$",
        description="What else must be true of people; who does not match it any more is out.",
    )
    subject_attribute: str = Field(
        default="entryUUID",
        pattern=r"^[A-Za-z][A-Za-z0-9-]*$",
        description="Attribute that never changes for one person; `objectGUID` in Active Directory.",
    )
    member_attribute: str = Field(
        default="member",
        pattern=r"^[A-Za-z][A-Za-z0-9-]*$",
        description="Attribute of groups that lists the distinguished names of members.",
    )
    button: str = Field(default="LDAP", max_length=60, description="What the directory is called on pages.")


class Github(Section):
    """GitHub, or a GitHub of your own."""

    url: str = Field(default="https://github.com", description="Address of GitHub.")
    api_url: str = Field(default="", description="Address of its API; empty for the usual one.")
    client_id: str = Field(default="", description="Client ID of the OAuth app.")
    client_secret_file: Path | None = Field(default=None, description=f"The app's secret. {_FILE}")
    client_secret_variable: str = Field(default="", description=f"The app's secret. {_VARIABLE}")
    button: str = Field(default="GitHub", max_length=60, description="What it is called on pages.")


class SignIn(Section):
    """How people sign in."""

    method: Literal["local", "oidc", "ldap", "github"] = Field(
        default="local", description="`local`: accounts that admins make here; else a provider's accounts."
    )
    public_url: str = Field(
        default="",
        description="Address that people open; the provider sends them back below it. Empty for the proxy's.",
    )
    allow_everybody: bool = Field(
        default=False, description="Whether everybody whom the provider knows may come in."
    )
    allowed_users: list[Value] = Field(
        default=[], description="Hub names of people who may come in, if they are in no allowed group."
    )
    allowed_groups: list[Value] = Field(
        default=[], description="Groups at the provider whose members may come in."
    )
    admin_groups: list[Value] = Field(
        default=[], description="Groups at the provider whose members may come in and are admins."
    )
    groups: list[GroupRule] = Field(
        default=[],
        description="What groups at the provider are here: `claim`, `entitlement` or `project`.",
    )
    refresh_seconds: int = Field(
        default=60, ge=10, le=3600, description="How often the provider is asked again about who is in."
    )
    oidc: Oidc = Field(default=Oidc(), description="The OpenID provider.")
    ldap: Ldap = Field(default=Ldap(), description="The directory.")
    github: Github = Field(default=Github(), description="GitHub.")

    @property
    def external(self) -> bool:
        """Whether a provider says who people are."""
        return self.method != "local"

    @property
    def provider(self) -> str:
        """What the provider is called on pages."""
        return getattr(self, self.method).button if self.external else ""

    @property
    def provider_id(self) -> str:
        """Whose subjects people are: another provider's `17` is somebody else."""
        if self.method == "oidc":
            return self.oidc.issuer
        if self.method == "github":
            return f"github:{urlsplit(self.github.url).netloc}"
        return f"ldap:{self.ldap.server}/{self.ldap.user_base}"

    @property
    def projects(self) -> frozenset[str]:
        """Projects whose members may come from the provider's groups."""
        return frozenset(rule.project for rule in self.groups if rule.project)


Where = Callable[..., dict[str, Any]]
"""Gives `file`, `line` and `key` of a path in the settings."""


def check(sign_in: SignIn, where: Where) -> None:
    """Raises Refused for settings that are each right and do not go together."""
    _check_others(sign_in, where)
    if sign_in.external:
        _check_needed(sign_in, where)
        _check_addresses(sign_in, where)
    _check_groups(sign_in, where)


def _check_others(sign_in: SignIn, where: Where) -> None:
    """What belongs to another method than the one that is set."""
    given = sign_in.model_fields_set
    outside = {"allow_everybody", "allowed_users", "allowed_groups", "admin_groups", "groups"}
    other = [name for name in METHODS if name in given and name != sign_in.method]
    if not sign_in.external:
        other += sorted(given & outside)
    if other:
        raise Refused(
            "{file}, line {line}: `{key}` does nothing with `sign_in.method: {method}`.",
            "Remove it, or set `sign_in.method` to what it is for; docs/sign-in.md has an example of each.",
            code="sign-in-other-method",
            method=sign_in.method,
            **where("sign_in", other[0]),
        )


def _needed(sign_in: SignIn) -> Iterator[tuple[str, bool]]:
    """What the method cannot do without, and whether it is there."""
    if sign_in.method == "ldap":
        ldap = sign_in.ldap
        yield "server", bool(ldap.server)
        yield "user_base", bool(ldap.user_base)
        yield "bind_dn", bool(ldap.bind_dn)
        yield "bind_password_file", bool(ldap.bind_password_file or ldap.bind_password_variable)
        return
    section = sign_in.oidc if sign_in.method == "oidc" else sign_in.github
    yield "client_id", bool(section.client_id)
    yield "client_secret_file", bool(section.client_secret_file or section.client_secret_variable)
    if sign_in.method == "oidc":
        oidc = sign_in.oidc
        yield "issuer", bool(oidc.issuer)
        by_hand = [oidc.authorize_url, oidc.token_url, oidc.userinfo_url]
        for name, value in zip(("authorize_url", "token_url", "userinfo_url"), by_hand, strict=True):
            yield name, bool(value) or not any(by_hand)
        yield "scopes", "openid" in oidc.scopes


def _check_needed(sign_in: SignIn, where: Where) -> None:
    for name, there in _needed(sign_in):
        if not there:
            raise Refused(
                "{file}, line {line}: `{key}` is missing, and `sign_in.method: {method}` needs it.",
                "Set it as the example in docs/sign-in.md does, then start again.",
                code="sign-in-incomplete",
                method=sign_in.method,
                **where("sign_in", sign_in.method, name),
            )


def _check_addresses(sign_in: SignIn, where: Where) -> None:
    """Passwords, codes and secrets travel to these: encrypted, or on this machine only."""
    oidc, github, ldap = sign_in.oidc, sign_in.github, sign_in.ldap
    addresses = {
        ("public_url",): sign_in.public_url,
        ("oidc", "issuer"): oidc.issuer,
        ("oidc", "authorize_url"): oidc.authorize_url,
        ("oidc", "token_url"): oidc.token_url,
        ("oidc", "userinfo_url"): oidc.userinfo_url,
        ("oidc", "end_session_url"): oidc.end_session_url,
        ("github", "url"): github.url,
        ("github", "api_url"): github.api_url,
    }
    for path, address in addresses.items():
        if address and not safe_address(address):
            raise Refused(
                "{file}, line {line}: `{key}` is {address!r}, and secrets would travel there in the clear.",
                "Use an address that begins with `https://`; `http://` is for this machine only.",
                code="sign-in-clear-text",
                address=address[:200],
                **where("sign_in", *path),
            )
    if sign_in.method == "ldap" and ldap.tls == "none" and not _here(ldap.server):
        raise Refused(
            "{file}, line {line}: with `{key}: none` passwords would travel to {server} in the clear.",
            "Use `ldaps` or `starttls`; `none` is for a directory on this machine only.",
            code="sign-in-clear-text",
            server=ldap.server[:200],
            **where("sign_in", "ldap", "tls"),
        )


def safe_address(address: str) -> bool:
    """Whether what travels there is encrypted, or stays on this machine."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and _here(host)))


def _here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _check_groups(sign_in: SignIn, where: Where) -> None:
    entitlements = {rule.entitlement for rule in sign_in.groups}
    for number, rule in enumerate(sign_in.groups):
        if bool(rule.entitlement) == bool(rule.project) or rule.project == PERSONAL:
            raise Refused(
                "{file}, line {line}: the rule {number} in `{key}` must name one project or one entitlement.",
                "Write `project:` (not `personal`) or `entitlement:` beside `claim: {claim}`.",
                code="sign-in-group-rule",
                number=number + 1,
                claim=rule.claim,
                **where("sign_in", "groups"),
            )
        if rule.project and rule.project in entitlements:
            raise Refused(
                "{file}, line {line}: `{key}` names {name} both as a project and as an entitlement.",
                "Projects share things, entitlements share nothing: give them different names.",
                code="sign-in-group-twice",
                name=rule.project,
                **where("sign_in", "groups"),
            )
    if sign_in.method == "oidc" and not sign_in.oidc.groups_claim and _uses_groups(sign_in):
        raise Refused(
            "{file}, line {line}: `{key}` is empty, and other settings name groups of the provider.",
            "Set it to the claim that holds a person's groups.",
            code="sign-in-no-groups",
            **where("sign_in", "oidc", "groups_claim"),
        )


def _uses_groups(sign_in: SignIn) -> bool:
    return bool(sign_in.groups or sign_in.allowed_groups or sign_in.admin_groups)
