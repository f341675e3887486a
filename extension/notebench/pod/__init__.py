"""What a pod makes ready in its owner's home, because nobody outside of it can: the layer, and the tour."""

IN_POD = "NOTEBENCH_IN_POD"
"""Set where nobody has prepared the home from outside."""
