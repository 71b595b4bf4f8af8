"""Subcommands of `python -m metering` beside the roles: a registry file, a limit of validation, a replay."""
