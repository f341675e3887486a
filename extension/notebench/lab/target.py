"""Where a relayed request may go: below one prefix of the service, and nowhere else."""

from urllib.parse import unquote

from notebench.contract.errors import Refused

LONGEST = 4000
"""Most characters of a relayed path with its query."""


def target(root: str, rest: str, query: str) -> str:
    """`root/rest?query`, with `rest` as the browser encoded it. Raises Refused for what may leave `root`."""
    if len(rest) + len(query) > LONGEST or not _stays_below(rest) or not _plain(query):
        raise Refused(
            "This address leads out of the part of the service that JupyterLab may use.",
            "Open the record from a list instead.",
            code="address-refused",
        )
    return f"{root}/{rest}" + (f"?{query}" if query else "")


def _stays_below(rest: str) -> bool:
    segments = rest.split("/")
    return all(_harmless(segment) for segment in segments[:-1]) and (
        segments[-1] == "" or _harmless(segments[-1])
    )


def _harmless(segment: str) -> bool:
    """Neither empty nor a step upwards nor the end of a segment, also after decoding more than once."""
    seen = segment
    for _ in range(3):
        if seen in {"", ".", ".."} or any(sign in seen for sign in "/\\?#\0\r\n"):
            return False
        seen = unquote(seen)
    return _plain(segment)


def _plain(text: str) -> bool:
    return all(32 < ord(sign) < 127 for sign in text) and "#" not in text
