"""Container images of a cluster: built from our locks, looked into, and made ours where others built them."""
