"""The catalogue: which images and hardware exist, for whom, and what images become on one machine."""
