"""Looks what fills a home: `python -I -S walk.py HOME SECONDS` prints JSON. Standard library only.

A process of its own with the lowest priority, so that neither the session nor its neighbours feel it. It
follows no link, stays on the home's file system, counts hard links once, and ends when its time is over.
"""

import heapq
import json
import os
import stat
import sys
import time
from pathlib import Path
from typing import Any

FILES, FOLDERS = 60, 40
_DEPTH = 4
_CACHES = (".cache", ".local/share/Trash", ".npm/_cacache")
_CACHE_NAMES = (".ipynb_checkpoints", "__pycache__")


class Walk:
    """One look at a home."""

    def __init__(self, home: str, seconds: float) -> None:
        self.home = home
        self.until = time.monotonic() + seconds
        self.used = self.count = 0
        self.complete = True
        self.files: list[tuple[int, str, float]] = []
        self.folders: dict[str, list[float]] = {}
        self.links: set[tuple[int, int]] = set()

    def run(self) -> dict[str, Any]:
        """All of it, or as far as the time goes."""
        device = Path(self.home).stat().st_dev
        waiting = [""]
        while waiting and self.complete:
            folder = waiting.pop()
            try:
                with os.scandir(Path(self.home, folder)) as entries:
                    for entry in entries:
                        path = f"{folder}/{entry.name}" if folder else entry.name
                        if self._take(entry, path, device):
                            waiting.append(path)
            except OSError:
                continue  # removed meanwhile, or not ours to read
            self.complete = time.monotonic() < self.until
        return self._found()

    def _take(self, entry: "os.DirEntry[str]", path: str, device: int) -> bool:
        """Count one entry; True for a folder to look into."""
        try:
            found = entry.stat(follow_symlinks=False)
        except OSError:
            return False
        folder = entry.is_dir(follow_symlinks=False)
        if found.st_dev != device:
            return False
        if found.st_nlink > 1 and not folder:
            if (found.st_dev, found.st_ino) in self.links:
                return False
            self.links.add((found.st_dev, found.st_ino))
        size = found.st_blocks * 512
        self.used += size
        self.count += 1
        if folder:
            self._add(path, 0, found.st_mtime, itself=True)
        elif size and stat.S_ISREG(found.st_mode):
            (heapq.heappush if len(self.files) < FILES else heapq.heappushpop)(
                self.files, (size, path, found.st_mtime)
            )
        self._add(path, size, found.st_mtime)
        return folder

    def _add(self, path: str, size: int, modified: float, *, itself: bool = False) -> None:
        """To the sums of the folders above, which are kept for the upper levels and for caches."""
        parts = path.split("/")
        names = parts if itself else parts[:-1]
        for depth in range(1, len(names) + 1):
            if depth > _DEPTH and not (depth == len(names) and names[-1] in _CACHE_NAMES):
                continue
            above = "/".join(names[:depth])
            known = self.folders.setdefault(above, [0, modified])
            known[0] += size
            known[1] = max(known[1], modified)

    def _found(self) -> dict[str, Any]:
        known = [(size, path, latest) for path, (size, latest) in self.folders.items() if _shown(path, size)]
        caches = [one for one in known if is_cache(one[1])]
        shown = sorted({*heapq.nlargest(FOLDERS, known), *heapq.nlargest(FOLDERS, caches)}, reverse=True)
        return {
            "used": self.used,
            "count": self.count,
            "complete": self.complete,
            "files": [_entry(one, False) for one in sorted(self.files, reverse=True)],
            "folders": [_entry(one, True) for one in shown],
        }


def is_cache(path: str) -> bool:
    """Whether what is there can go without loss."""
    return path in _CACHES or path.rpartition("/")[2] in _CACHE_NAMES


def _in_cache(path: str) -> bool:
    within = any(path == cache or path.startswith(cache + "/") for cache in _CACHES)
    return within or not set(path.split("/")).isdisjoint(_CACHE_NAMES)


def _shown(path: str, size: float) -> bool:
    """A cache is shown as a whole, without the folders in it."""
    return size > 0 and (is_cache(path) or not _in_cache(path))


def _entry(one: tuple[float, str, float], folder: bool) -> dict[str, Any]:
    size, path, modified = one
    return {
        "path": path.encode(errors="surrogateescape").decode(errors="replace"),
        "size": int(size),
        "modified": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(max(modified, 0))),
        "folder": folder,
        "cache": _in_cache(path),
    }


def main() -> None:
    """Print what was found."""
    os.nice(19)
    print(json.dumps(Walk(sys.argv[1], float(sys.argv[2])).run()))


if __name__ == "__main__":
    main()
