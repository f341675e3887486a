"""Upgrades: a state of an older version is backed up, migrated on copies, and taken over when all went well.

`up` calls `bring_up_to_date` while nothing runs. Read in this order: `revisions` (what is written in each
database and what this version writes), `migrate` (on copies; the old state is untouched until all of them
are done), `before` (the backup that is made first).

Why not at the start of each part: MLflow refuses a database of an older version instead of migrating it,
and where one part's migration fails after another's has been done no version can go on with the state.
"""

from notebench_hub.upgrade.before import bring_up_to_date

__all__ = ["bring_up_to_date"]
