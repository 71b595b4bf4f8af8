"""Every statement to ClickHouse: the telemetry. Written in blocks, read by point; never by another service."""
