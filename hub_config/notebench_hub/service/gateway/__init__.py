"""The gateway: the only door to MLflow and to model servers. Closed but for what is written down."""
