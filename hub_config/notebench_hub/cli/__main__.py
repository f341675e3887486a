from notebench_hub.cli import commands

commands()
