"""The Notebench service: one folder per feature, `store` the only SQL, `api` thin.

`feature` says what a feature is and what it may use, `ports` what features need of each other, `doors` who is
asking, `app` puts everything together.
"""
