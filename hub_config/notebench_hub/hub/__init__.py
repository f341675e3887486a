"""What runs in the hub's own process: traits, roles as data, the start page. Never imports `service`."""
