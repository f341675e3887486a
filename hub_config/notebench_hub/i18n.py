"""Text that people read: English templates in the code, German and Spanish in catalogues beside it.

    from notebench_hub.i18n import _, translator, negotiate

`_("Port {port} is in use.", port=8000)` speaks the language of the process (command line, supervisor);
`translator(negotiate(accept_language))` speaks the language of one reader (hub, service). New messages are
collected with `python -m notebench_hub.i18n extract` (see `notebench_hub.messages`).
"""

import os
import re
import sys
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

LANGUAGES: dict[str, str] = {"en": "", "de": "de_DE", "es": "es_ES"}
"""Language by the folder of its catalogue; English is what the code says."""

LOCALES = Path(__file__).parent / "locale"
DOMAIN = "notebench_hub"

_RANGE = re.compile(r"([a-zA-Z]{1,8}|\*)(?:-[a-zA-Z0-9]{1,8})*(?:\s*;\s*q=([01](?:\.\d{0,3})?))?")


def catalogue_file(language: str) -> Path:
    """Where the messages of a language other than English are."""
    return LOCALES / LANGUAGES[language] / "LC_MESSAGES" / f"{DOMAIN}.po"


@cache
def _messages(language: str) -> Mapping[str, str]:
    from babel.messages.pofile import read_po

    with catalogue_file(language).open("rb") as opened:
        catalogue = read_po(opened, locale=LANGUAGES[language])
    return {
        str(message.id): message.string
        for message in catalogue
        if message.id and isinstance(message.string, str) and message.string and not message.fuzzy
    }


def _english(template: str) -> str:
    return template


@cache
def translator(language: str) -> Callable[[str], str]:
    """A function from English templates to `language` (`en`, `de`, `es`; anything else is English)."""
    short = re.split(r"[-_.@]", language, maxsplit=1)[0].lower()
    if not LANGUAGES.get(short):
        return _english
    messages = _messages(short)

    def translate(template: str) -> str:
        return messages.get(template, template)

    return translate


def negotiate(accept_language: str | None) -> str:
    """The best of our languages for an `Accept-Language` header; English where nothing fits."""
    best, weight = "en", 0.0
    for part in (accept_language or "")[:1000].split(","):
        found = _RANGE.fullmatch(part.strip())
        if not found:
            continue
        quality = float(found.group(2) or 1)
        word = found.group(1).lower()
        language = "en" if word == "*" else word
        if language in LANGUAGES and quality > weight:
            best, weight = language, quality
    return best


def process_language(environ: Mapping[str, str] = os.environ) -> str:
    """The language of this process, as POSIX says: LC_ALL, then LC_MESSAGES, then LANG."""
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = environ.get(variable)
        if value:
            short = re.split(r"[-_.@]", value, maxsplit=1)[0].lower()
            return short if short in LANGUAGES else "en"
    return "en"


def _(english: str, **values: object) -> str:
    """The message in the language of the process, with `{name}` places filled."""
    text = translator(process_language())(english)
    return text.format_map(values) if values else text


if __name__ == "__main__":
    from notebench_hub.messages import main

    sys.exit(main(sys.argv[1:]))
