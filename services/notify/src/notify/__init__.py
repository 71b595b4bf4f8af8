"""Owns notifications of consumers and the delivery of letters. Publishes nothing. Reads letters, links and tickets.

Never decides who may sign in or what a contract is, and never writes an address or a text to a log.
"""
