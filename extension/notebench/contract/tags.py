"""The tags of an MLflow run that say where it came from; each value is a string."""

from typing import Final

USER: Final = "notebench.user"
"""The hub name of who ran it."""

ACTING_FOR: Final = "notebench.acting_for"
"""`personal` or the project's name."""

SESSION: Final = "notebench.session"
"""Id of the session, where it was logged from one."""

NOTEBOOK_RUN: Final = "notebench.notebook_run"
"""Id of the notebook run, where it was logged from one."""

IMAGE: Final = "notebench.image"
"""Id of the image and its version's name, for example `scientific 2026.11`."""

IDENTITY: Final = "notebench.identity"
"""The image version's identity: lock hash, Python and platform in one word."""

PROFILE: Final = "notebench.profile"
"""Id of the hardware profile."""

ADDED: Final = "notebench.added"
"""Packages of the environment layer: JSON list of `name==version`, whole entries up to `VALUE_LIMIT`."""

NOTEBOOK: Final = "notebench.notebook"
"""Path of the notebook, relative to the home."""

NOTEBOOK_HASH: Final = "notebench.notebook_hash"
"""SHA-256 of the notebook's file at the time, in hexadecimal."""

GIT_COMMIT: Final = "notebench.git_commit"
"""The commit that was checked out in the notebook's folder."""

GIT_DIRTY: Final = "notebench.git_dirty"
"""`true` where the working tree had changes, else `false`."""

PREFIX: Final = "notebench."
"""What all of them begin with."""

VOUCHED: Final = (USER, ACTING_FOR, SESSION, NOTEBOOK_RUN)
"""The tags that the gateway knows for sure from the token, and writes itself whatever a client says."""

VALUE_LIMIT: Final = 5000
"""Most characters that MLflow keeps of a tag's value."""
