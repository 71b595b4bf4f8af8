"""Suppliers, their contracts with credentials, and who has linked which contract.

Owns PostgreSQL `contracts`. Publishes contracts and links. Reads no topic. Never asks another service, and
never gives out a credential.
"""
