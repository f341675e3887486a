from notebench_hub.hub import configure  # noqa: D100 - JupyterHub reads this file; the settings are in notebench_hub

configure(get_config())  # type: ignore[name-defined]  # noqa: F821
