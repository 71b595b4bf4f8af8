"""Drivers behind one small interface: they return what the meter said, and never fill, clamp or publish.

A driver says what its meters lack: one without profile memory offers registers only.
"""
