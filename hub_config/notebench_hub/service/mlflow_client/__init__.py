"""How the service talks to MLflow: names, the signed word, one client, workspaces made before use."""
