"""Points, meters, half hours, register readings, journals.

Owns the registry of metering points (PostgreSQL `metering`) and the telemetry (ClickHouse). Publishes endpoints to
poll and each supplier's stream of half hours. Reads telemetry, link states, contracts and links from their topics.
Never calls another service, never puts telemetry into PostgreSQL, never fills, clamps or rounds a value.
"""
