"""The operator's commands: up, down, restart, status, logs, user, project, token, test."""
