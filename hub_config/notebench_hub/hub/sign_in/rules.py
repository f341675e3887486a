"""What a password must be, in the spirit of NIST SP 800-63B: long, and not what people choose often.

No rules of composition, no expiry. How easy a password is to guess says zxcvbn: it knows some 30,000
passwords from leaks, names and words, rows of keys, repetitions, dates, and takes the user's name for known.
"""

import unicodedata

from notebench.contract.errors import Refused
from notebench_spawner.marks import N_

LEAST = 10
"""Characters."""

PASSWORD_BYTES = 72
"""bcrypt reads no more of a password, and its newer releases refuse longer ones."""

STRONG_ENOUGH = 3
"""zxcvbn's score from which guessing takes at least 100 million tries."""

SHORT = N_("The password is too short.")
LENGTH = N_("A password has {least} to {most} characters.")
LONG = N_("The password is longer than 72 bytes.")
EASY = N_("This password is too easy to guess: people choose it often, or it is made of the user's name.")
ADVICE = N_("Take several words that have nothing to do with each other, or let a password manager make one.")


def normal(password: str) -> str:
    """The password as it is hashed: the same for the same characters, however a keyboard composes them."""
    return unicodedata.normalize("NFKC", password)


def check(password: str, name: str) -> None:
    """Raises Refused for a password that this user may not have."""
    password = normal(password)
    if len(password) < LEAST:
        raise Refused(SHORT, LENGTH, code="password-short", least=LEAST, most=PASSWORD_BYTES)
    if len(password.encode()) > PASSWORD_BYTES:
        raise Refused(LONG, LENGTH, code="password-long", least=LEAST, most=PASSWORD_BYTES)
    if _score(password, name) < STRONG_ENOUGH:
        raise Refused(EASY, ADVICE, code="password-easy")


def _score(password: str, name: str) -> int:
    from zxcvbn import zxcvbn  # reads its lists, and is rarely needed

    return int(zxcvbn(password, user_inputs=[name, name[::-1], "notebench", "jupyter"])["score"])
