"""The backend of a cluster: notebook runs as Jobs, model servers as Deployments. Read `backend.py` first."""
