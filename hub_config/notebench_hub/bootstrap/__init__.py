"""Prepares the environment of a checkout: `.venv` with locked packages, Node, the proxy and the panels.

Runs on a bare Python before anything is installed, so it imports the standard library and itself only.
"""
