"""Backends: one seam, and what launches workloads behind it: memory, processes (Kubernetes comes later)."""
