"""An installation whose people have system accounts of their own: who owns what in it, and its launcher.

Only root can begin one. `up` lays the state directory out, starts the launcher, which stays root, and then
the supervisor with the account of the parts; see `docs/operator.md`.
"""
