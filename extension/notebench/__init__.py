"""What runs inside a user's image: the verbs of the panels, for notebooks and programs."""

__version__ = "0.1.0"
