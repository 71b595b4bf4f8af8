"""The log: topics as values, producing, subscribing, dead letters."""
