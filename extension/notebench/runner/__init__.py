"""The runner: executes one notebook run with papermill and says truthfully how it went."""
