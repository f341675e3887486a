"""Names of people as the hub keeps them: one spelling per person, and none that passes for another's."""

import re
import unicodedata

LENGTH = 128
_PLAIN = re.compile(r"[a-z0-9][a-z0-9._@+-]*")
_ALIKE = frozenset({"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "LISU"})
"""Scripts with letters that look like another's."""


def normal_name(name: str) -> str:
    """The one spelling of a name: lower case, and compatible characters (full width …) as plain ones."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).lower())


def acceptable(name: str) -> bool:
    """Whether a name can be an account's: visible characters, no step or separator of paths and lists."""
    visible = bool(name.strip(".")) and len(name) <= LENGTH
    return visible and name.isprintable() and not set(name) & set(' /,\\"<>')


def mixed(name: str) -> bool:
    """Whether a name has letters of several scripts that look alike, as in a forged `admin`."""
    words = {unicodedata.name(one, "?").split()[0] for one in name if one.isalpha()}
    return len(words & _ALIKE) > 1


def plain(name: str) -> bool:
    """Whether a name from outside can be taken over: nobody chose it here, so ASCII only."""
    return len(name) <= LENGTH and _PLAIN.fullmatch(name) is not None
