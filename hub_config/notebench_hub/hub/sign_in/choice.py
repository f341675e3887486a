"""JupyterHub's traits for the method that is set. Only its library is loaded."""

import ssl
from typing import Any

from notebench_hub.hub.sign_in import entry
from notebench_hub.place import Instance, Place
from notebench_hub.settings import Settings
from notebench_hub.sign_in_settings import SignIn

_HTTP = {"connect_timeout": 4.0, "request_timeout": 8.0}
"""Seconds; a provider that takes longer counts as away."""


def external(c: Any, settings: Settings, place: Place, instance: Instance, secret: str) -> None:
    """Sign-in with a provider, which is asked with `secret`."""
    sign_in = settings.sign_in
    cls = _class(sign_in)
    traits = c[cls.__name__]
    c.JupyterHub.authenticator_class = cls
    traits.sign_in, traits.provider = sign_in, sign_in.provider_id
    traits.trusted_proxies = settings.doors.trusted_proxies
    traits.admin_users = {settings.admin}
    traits.any_allow_config = True  # we decide who may come in
    traits.manage_groups = True
    traits.enable_auth_state = True
    c.CryptKeeper.keys = [bytes.fromhex(place.secret("hub-auth-state"))]
    traits.auth_refresh_age = sign_in.refresh_seconds
    traits.auth_refresh_strict = True  # a program's token ends with its person's account as well
    traits.refresh_pre_spawn = True
    if sign_in.method == "ldap":
        _ldap(traits, sign_in, secret)
        return
    traits.oauth_callback_url = (sign_in.public_url or instance.public_url).rstrip(
        "/"
    ) + "/hub/oauth_callback"
    traits.client_secret = secret
    traits.http_request_kwargs = _HTTP
    traits.login_service = sign_in.provider
    (_oidc if sign_in.method == "oidc" else _github)(traits, sign_in)


def _class(sign_in: SignIn) -> Any:
    if sign_in.method == "oidc":
        from notebench_hub.hub.sign_in.oidc import OpenId

        return OpenId
    if sign_in.method == "github":
        from notebench_hub.hub.sign_in.github import GitHub

        return GitHub
    from notebench_hub.hub.sign_in.ldap import Ldap

    return Ldap


def _oidc(traits: Any, sign_in: SignIn) -> None:
    oidc = sign_in.oidc
    traits.client_id = oidc.client_id
    traits.scope = oidc.scopes
    traits.end_session_url = oidc.end_session_url
    if oidc.token_url:
        traits.authorize_url, traits.token_url = oidc.authorize_url, oidc.token_url
        traits.userdata_url = oidc.userinfo_url


def _github(traits: Any, sign_in: SignIn) -> None:
    github = sign_in.github
    traits.client_id = github.client_id
    traits.github_url = github.url.rstrip("/")
    if github.api_url:
        traits.github_api = github.api_url.rstrip("/")
    traits.scope = ["read:user", "read:org"]


def _ldap(traits: Any, sign_in: SignIn, secret: str) -> None:
    ldap = sign_in.ldap
    traits.server_address = ldap.server
    traits.server_port = ldap.port or (636 if ldap.tls == "ldaps" else 389)
    traits.tls_strategy = {"ldaps": "on_connect", "starttls": "before_bind", "none": "insecure"}[ldap.tls]
    trusted = {"ca_certs_file": str(ldap.ca_file)} if ldap.ca_file else {}
    traits.tls_kwargs = {
        "validate": ssl.CERT_REQUIRED,
        **trusted,
    }  # ldap3's own default believes every certificate
    traits.lookup_dn = True
    traits.lookup_dn_search_user, traits.lookup_dn_search_password = ldap.bind_dn, secret
    traits.user_search_base, traits.user_attribute = ldap.user_base, ldap.user_attribute
    condition = ldap.user_filter.replace("{", "{{").replace("}", "}}")
    traits.lookup_dn_search_filter = "(&({login_attr}={login})" + condition + ")"
    traits.lookup_dn_user_dn_attribute = ldap.user_attribute
    traits.use_lookup_dn_username = True
    traits.valid_username_regex = r"^[a-z0-9][a-z0-9._@+-]*$"
    traits.asked_groups = entry.asked_for(sign_in)
    traits.member_attribute, traits.subject_attribute = ldap.member_attribute, ldap.subject_attribute
