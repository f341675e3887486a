"""A secret that the settings name: in a file that its owner alone can read, or in a variable."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from notebench.contract.errors import Refused

from notebench_hub.place import Place


def named_secret(
    place: Place,
    key: str,
    file: Path | None,
    variable: str,
    *,
    code: str,
    environ: Mapping[str, str] = os.environ,
) -> str:
    """What the settings `KEY_file` or `KEY_variable` lead to. Raises Refused, with `code`."""
    if file:
        return _from_file(place.root / file, f"{key}_file", code)
    return environ.get(variable, "").strip() or _empty(f"{key}_variable", code)


def _from_file(file: Path, key: str, code: str) -> str:
    try:
        found = file.stat()
        text = file.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(
            "The file {file} of the setting `{key}` cannot be read ({problem}).",
            "Write the secret into it, with mode 0600.",
            code=code,
            file=file,
            key=key,
            problem=getattr(error, "strerror", None) or "not text",
        ) from None
    if not stat.S_ISREG(found.st_mode) or stat.S_IMODE(found.st_mode) & 0o077:
        raise Refused(
            "The file {file} of the setting `{key}` can be read by other accounts (mode {mode}).",
            "Take that away with `chmod 600 {file}`, and consider a new secret.",
            code=f"{code}-open",
            file=file,
            key=key,
            mode=f"{stat.S_IMODE(found.st_mode):04o}",
        )
    return text or _empty(key, code)


def _empty(key: str, code: str) -> str:
    raise Refused(
        "What the setting `{key}` names is empty or not there.",
        "Put the secret there, then start again.",
        code=code,
        key=key,
    )
