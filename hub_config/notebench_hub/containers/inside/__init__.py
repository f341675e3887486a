"""Programs that run inside an image that is looked into, with nothing but Python's standard library."""
