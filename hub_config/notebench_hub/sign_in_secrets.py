"""Where the secret lies with which the hub asks a provider. It is never in the settings themselves."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from notebench.contract.errors import Refused

from notebench_hub.place import Place
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
    return (
        _from_file(place.root / file, f"{key}_file") if file else _from(environ, variable, f"{key}_variable")
    )


def _from_file(file: Path, key: str) -> str:
    try:
        found = file.stat()
        text = file.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(
            "The file {file} of the setting `{key}` cannot be read ({problem}).",
            "Write the secret into it, with mode 0600.",
            code="sign-in-secret",
            file=file,
            key=key,
            problem=getattr(error, "strerror", None) or "not text",
        ) from None
    if not stat.S_ISREG(found.st_mode) or stat.S_IMODE(found.st_mode) & 0o077:
        raise Refused(
            "The file {file} of the setting `{key}` can be read by other accounts (mode {mode}).",
            "Take that away with `chmod 600 {file}`, and consider a new secret.",
            code="sign-in-secret-open",
            file=file,
            key=key,
            mode=f"{stat.S_IMODE(found.st_mode):04o}",
        )
    return text or _empty(key)


def _from(environ: Mapping[str, str], variable: str, key: str) -> str:
    return environ.get(variable, "").strip() or _empty(key)


def _empty(key: str) -> str:
    raise Refused(
        "What the setting `{key}` names is empty or not there.",
        "Put the secret there, then start again.",
        code="sign-in-secret",
        key=key,
    )
