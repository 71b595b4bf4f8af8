"""The API models of contracts."""
