"""Every SQL statement of contracts. The caller's transaction is neither begun nor ended here."""
