"""The hub side of Notebench: what runs in JupyterHub's process, and the Notebench service."""
