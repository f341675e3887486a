"""The small supervisor that owns proxy, hub, MLflow and service on one machine."""
