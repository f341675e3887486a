"""The hub's part of the audit: what happens here is written down with the change itself, and sent on.

Begin at `recorder.py`. `changes.py` finds what a transaction of the hub's database changes, whichever route
did it; `outbox.py` keeps it in the same transaction until the service has it, so that nothing is lost and
nothing counts twice.
"""
