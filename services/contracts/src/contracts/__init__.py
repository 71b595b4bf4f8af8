"""Suppliers, their contracts with credentials, who has linked which contract, and who else looked at its data.

Owns PostgreSQL `contracts`. Publishes contracts, links and letters. Reads suppliers' inboxes and who looked at what
other services show. Never asks another service, and never gives out a credential that has been issued.
"""
