"""Owns notifications of consumers, what they want to hear of, and the delivery of letters.

Publishes letters that auth is to address. Reads letters, links and tickets.
Never decides who may sign in or what a contract is, and never writes an address or a text to a log.
"""
