"""Rules of contracts: what things are and when they hold. No framework, no clock."""
