"""The embedded stack: starts the whole system on one machine without Docker.

Owns the folder `.local` (data, secrets, logs, environment files) and every process of the stack.
Must not know how a service works inside: a service is a command, an environment and an address.
"""
