"""Limits of workloads on one machine, with real processes."""
