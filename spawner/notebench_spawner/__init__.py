"""What launches: the catalogue, workloads, sessions and backends."""
