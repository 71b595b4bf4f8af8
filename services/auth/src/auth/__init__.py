"""Owns users, logins and signing keys; publishes users and letters to send.

Reads which letters notify wants addressed. Never learns of contracts, points or meters, and never writes an address, a
name, a token or a password into a log or a metric. Design: docs/architecture/identity.md.
"""
