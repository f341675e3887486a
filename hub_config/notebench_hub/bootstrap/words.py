"""The translator before anything is installed: reads the catalogues of `notebench_hub.i18n` by itself."""

import ast
import re
from functools import cache

from notebench_hub.i18n import LANGUAGES, catalogue_file, process_language


@cache
def _messages(language: str) -> dict[str, str]:
    if not LANGUAGES.get(language) or not catalogue_file(language).exists():
        return {}
    found, key, words = {}, "", {"msgid": "", "msgstr": ""}
    for line in [*catalogue_file(language).read_text(encoding="utf-8").splitlines(), ""]:
        match = re.fullmatch(r'(msgid |msgstr )?(".*")', line)
        if match:
            key = (match.group(1) or key).strip()
            start = "" if match.group(1) else words[key]
            words[key] = start + str(ast.literal_eval(match.group(2)))
        elif not line:
            if words["msgid"] and words["msgstr"]:
                found[words["msgid"]] = words["msgstr"]
            words = {"msgid": "", "msgstr": ""}
    return found


def _(english: str, **values: object) -> str:
    """The message in the language of the process, with `{name}` places filled."""
    text = _messages(process_language()).get(english, english)
    return text.format_map(values) if values else text
