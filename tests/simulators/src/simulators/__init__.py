"""Simulated meters that speak the real frames over real sockets.

Owns the load curves, the truth of every half hour, the Mercury 234 and Eastron SDM630 behaviour and the
fault switches. Publishes nothing and knows no service: a poller meets it only on a TCP port.
"""
