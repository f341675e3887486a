"""Processes kept ready: each belongs to one image, is used once, and gets its user only when it is used."""
