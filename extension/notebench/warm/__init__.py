"""Processes that import before anybody asks, belong to nobody, and become one workload, once.

A process of an image waits in `__main__`, started by a shim. What comes through its door is what a cold start
would be told (command, environment, directory, log); from there it goes on as if it had been started with
that. Where it cannot be the same as a cold start, it replaces itself by one: nothing depends on warmth.
"""
