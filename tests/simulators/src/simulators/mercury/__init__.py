"""A simulated Mercury 234 ART(M): its native protocol as the maker's command system of 12.2020 has it.

Owns the meter behind the wire: channel, clock, energy, profile memory, journals. Never opens a socket.
"""
