"""Where the secret lies with which the hub asks a provider. It is never in the settings themselves."""

import os
from collections.abc import Mapping

from notebench_hub.place import Place
from notebench_hub.secret_files import named_secret
from notebench_hub.sign_in_settings import SignIn


def provider_secret(sign_in: SignIn, place: Place, environ: Mapping[str, str] = os.environ) -> str:
    """The secret of the method that is set; empty for local accounts. Raises Refused."""
    if not sign_in.external:
        return ""
    if sign_in.method == "ldap":
        file, variable = sign_in.ldap.bind_password_file, sign_in.ldap.bind_password_variable
        key = "sign_in.ldap.bind_password"
    else:
        section = sign_in.oidc if sign_in.method == "oidc" else sign_in.github
        file, variable = section.client_secret_file, section.client_secret_variable
        key = f"sign_in.{sign_in.method}.client_secret"
    return named_secret(place, key, file, variable, code="sign-in-secret", environ=environ)
