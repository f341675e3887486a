"""The reader's language for the few sentences that the Jupyter server itself says."""

from functools import cache

from notebench.contract.errors import Translate
from notebench.words import LANGUAGES, LOCALES, read_po

DOMAIN = "notebench_lab"


def translator(accepted: str) -> Translate:
    """`accepted` is an Accept-Language header; its first language that we speak wins, else English."""
    for part in accepted.split(","):
        short = part.strip()[:2].lower()
        if short == "en":
            break
        if short in LANGUAGES:
            messages = _messages(short)
            return lambda template: messages.get(template, template)
    return lambda template: template


@cache
def _messages(short: str) -> dict[str, str]:
    return read_po(LOCALES / LANGUAGES[short] / "LC_MESSAGES" / f"{DOMAIN}.po")
