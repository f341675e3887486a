"""Names: which are allowed, and the ones that the API makes up."""

import random
import re
import secrets
import uuid
from datetime import UTC, datetime

from tests.kube.standin import status
from tests.kube.standin.kinds import NAMESPACES, SERVICES, Kind

_LETTERS = "bcdfghjklmnpqrstvwxz2456789"
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")

_SAYS_SUBDOMAIN = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and "
    "must start "
    "and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
_SAYS_LABEL = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start "
    "and end "
    "with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)


def suffix(length: int = 5) -> str:
    """Random letters without vowels, so that no words come about. Transcript: generate-name."""
    return "".join(secrets.choice(_LETTERS) for _ in range(length))


def template_hash(text: str) -> str:
    """A short name for a template, the same for the same text."""
    chosen = random.Random(text)
    return "".join(chosen.choice(_LETTERS) for _ in range(10))


def generated(prefix: str) -> str:
    """A name from `generateName`, never longer than 63. Transcript: generate-name."""
    return prefix[:58] + suffix()


def uid() -> str:
    return str(uuid.uuid4())


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def check(kind: Kind, name: str) -> None:
    """Refuse what is no name for this kind. Transcript: invalid-names."""
    if not name:
        raise status.invalid(
            kind,
            name,
            "metadata.name",
            "FieldValueRequired",
            "Required value: name or generateName is required",
        )
    pattern, says, longest = _SUBDOMAIN, _SAYS_SUBDOMAIN, 253
    if kind in (NAMESPACES, SERVICES):
        pattern, says, longest = _LABEL, _SAYS_LABEL, 63
    if len(name) > longest:
        says = f"must be no more than {longest} characters"
    elif pattern.fullmatch(name):
        return
    raise status.invalid(kind, name, "metadata.name", "FieldValueInvalid", f'Invalid value: "{name}": {says}')
