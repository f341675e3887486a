"""The Notebench service: one folder per feature, `store` the only SQL, `api` thin, `gateway` the only door to MLflow and to model servers."""
