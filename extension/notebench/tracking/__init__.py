"""Says where MLflow runs come from: a run-context provider that MLflow finds by its entry point."""
