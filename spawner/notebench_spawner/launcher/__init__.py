"""The launcher: the one part with root's rights, which starts people's processes as their own accounts.

It listens on a Unix socket that only the account of the other parts can open, and answers the verbs of
`Hands`. Read `wire` for how they talk, `verbs` for what each verb does, `accounts` for whose rights are used.
"""

from notebench_spawner.launcher.hands import LauncherHands

__all__ = ["LauncherHands"]
