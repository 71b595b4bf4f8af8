"""API models. Every field is required; what is not known is null, never left out and never zero."""
