"""What supplier and billing say to each other once days are told: receipts, bill runs, REVENUE, replays."""
