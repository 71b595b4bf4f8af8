"""Use cases of contracts. The caller's transaction is committed at the edge."""
