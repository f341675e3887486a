"""Kubernetes in the tests: a stand-in on a real socket, kept true by transcripts of a real cluster."""
