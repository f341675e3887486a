"""The supervisor: owns proxy, hub, MLflow and service on one machine, none the child of another.

Why not supervisord or circus: both know whether a process lives, not whether it answers; neither can say
why a part failed in words, make the hub resync its routes after a proxy restart, find leftovers by start
time after a power cut, or end the sessions and runs that its parts started. What is left of them after
that is a loop around `wait()`, and it is here, in asyncio, without a second configuration language.
"""
