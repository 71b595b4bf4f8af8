"""HTTP: the app that every service starts from, problems, the caller, idempotency keys, pages."""
