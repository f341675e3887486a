"""How sessions are launched: JupyterHub spawners that ask the Notebench service what to start."""
