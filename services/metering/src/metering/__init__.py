"""Points, meters, half hours, register readings, journals, closed days.

Owns the registry of metering points and the daily ledger (PostgreSQL `metering`) and the telemetry (ClickHouse).
Publishes endpoints to poll and each supplier's streams of half hours and days. Reads telemetry, link states,
contracts, links, and receipts in the suppliers' inboxes.
Never calls another service, never puts telemetry into PostgreSQL, never fills, clamps or rounds a value.
"""
