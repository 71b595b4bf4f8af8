"""Reads meters over their wires.

Owns nothing but cursors (a compacted topic). Publishes interval blocks, register snapshots, journal entries,
link states and cursors; reads metering-endpoints-v1. Never fills, clamps or repairs what a meter said, and
never stores a password outside its settings. How it works: docs/architecture/polling.md.
"""
