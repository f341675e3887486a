"""Sign-in at an OpenID provider: oauthenticator's flow, with discovery and checked id tokens."""

import time
from typing import Any

import jwt
from oauthenticator.generic import GenericOAuthenticator
from traitlets import Unicode

from notebench_hub.hub.sign_in import refusals
from notebench_hub.hub.sign_in.entry import nested, values
from notebench_hub.hub.sign_in.external import External, Person
from notebench_hub.hub.sign_in.oauth import Back, Out, There, subject_of
from notebench_hub.hub.sign_in.refusals import Refusal
from notebench_hub.sign_in_settings import safe_address

_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures with a key pair. A provider that signs with the client's secret is not for this."""

_DISCOVERY_SECONDS = 3600.0
_LEEWAY = 60
"""Seconds by which two clocks may differ."""


class OpenId(External, GenericOAuthenticator):  # type: ignore[misc]  # oauthenticator has no types
    """An OpenID provider, by its issuer."""

    login_handler, callback_handler, logout_handler = There, Back, Out
    end_session_url = Unicode(help="Where signing out goes on to.").tag(config=True)

    def __init__(self, **rest: Any) -> None:
        super().__init__(**rest)
        self._keys_url = ""
        self._discovered = float("-inf")

    async def prepare(self) -> None:
        """Read the provider's own description. Not at the hub's start: a provider may be away then."""
        oidc = self.sign_in.oidc
        if oidc.token_url or time.monotonic() - self._discovered < _DISCOVERY_SECONDS:
            return
        found = await self.httpfetch(oidc.issuer.rstrip("/") + "/.well-known/openid-configuration")
        if found["issuer"] != oidc.issuer:
            raise ValueError(f"the provider calls itself {found['issuer']!r}, the settings {oidc.issuer!r}")
        names = ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri")
        if unsafe := [name for name in names if not safe_address(found[name])]:
            raise ValueError(f"the provider's {unsafe[0]} is not an address with https")
        self.authorize_url, self.token_url = found["authorization_endpoint"], found["token_endpoint"]
        self.userdata_url, self._keys_url = found["userinfo_endpoint"], found["jwks_uri"]
        if not oidc.end_session_url and safe_address(str(found.get("end_session_endpoint", ""))):
            self.end_session_url = found["end_session_endpoint"]
        self._discovered = time.monotonic()

    async def get_token_info(self, handler: Any, params: dict[str, Any]) -> dict[str, Any]:
        """What the provider gives for a code or a refresh token; an id token in it is checked."""
        info: dict[str, Any] = await super().get_token_info(handler, params)
        if self._keys_url and ("id_token" in info or params["grant_type"] == "authorization_code"):
            keys = await self.httpfetch(self._keys_url)
            check_token(info["id_token"], keys, issuer=self.sign_in.oidc.issuer, client=self.client_id)
        return info

    async def token_to_user(self, token_info: dict[str, Any]) -> dict[str, Any]:
        """The userinfo, which must be about the person whose id token it was."""
        facts: dict[str, Any] = await super().token_to_user(token_info)
        if (token := token_info.get("id_token")) and subject_of(token) != facts.get("sub"):
            raise ValueError("the userinfo is about somebody else than the id token")
        return facts

    def user_info_to_username(self, user_info: dict[str, Any]) -> str:
        """The claim with the name. Raises Refusal where there is none."""
        claim = self.sign_in.oidc.username_claim
        found = nested(user_info, claim)
        if not isinstance(found, str) or not found.strip():
            raise Refusal(refusals.NAMELESS, provider=self.sign_in.provider, claim=claim)
        return found.strip()

    async def get_user_groups(self, auth_state: dict[str, Any]) -> set[str]:
        """The hub's groups are decided in `External`."""
        return set()

    def person(self, auth_state: dict[str, Any]) -> Person:
        facts = auth_state[self.user_auth_state_key]
        subject = facts.get("sub")
        if not isinstance(subject, str) or not subject:
            raise Refusal(refusals.NAMELESS, provider=self.sign_in.provider, claim="sub")
        groups = values(nested(facts, self.sign_in.oidc.groups_claim))
        return Person(subject, self.user_info_to_username(facts), groups)


def check_token(token: str, keys: dict[str, Any], *, issuer: str, client: str) -> None:
    """Raises ValueError for an id token that this provider did not make for this client, or not now."""
    try:
        header = jwt.get_unverified_header(token)
        known = [one for one in jwt.PyJWKSet.from_dict(keys).keys if header.get("kid") in (None, one.key_id)]
        if header.get("alg") not in _ALGORITHMS or not known:
            raise ValueError(f"no key of the provider for an id token with {header.get('alg')!r}")
        jwt.decode(
            token,
            known[0],
            algorithms=[header["alg"]],
            audience=client,
            issuer=issuer,
            leeway=_LEEWAY,
            options={"require": ["exp", "iat", "sub"]},
        )
    except jwt.PyJWTError as error:
        raise ValueError(f"the id token is not right: {error}") from error
