"""A workload as objects of Kubernetes: pure functions that make plain JSON, the twins of `process_spec`.

Who sends them to a cluster is elsewhere: `backends.kubernetes`, and the spawner of sessions.
"""
