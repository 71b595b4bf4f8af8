"""From the half hours of a local day to its published revision: rules, then estimates, then the ledger."""
