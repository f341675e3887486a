"""`notebench doctor --kube`: what of a cluster Notebench needs, whether it is there, and what to do.

`facts.py` says what is looked at, `reading.py` asks the cluster for it. All other modules are pure: facts in,
findings out, each about one subject; `checks.py` lists them.
"""
