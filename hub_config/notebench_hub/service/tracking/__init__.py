"""Experiments, MLflow runs and registered models, in the contract's words. MLflow is the only store."""
