"""Owns the edge: one Envoy configuration for one machine and for many, and the joined OpenAPI document.

Publishes and reads nothing, keeps nothing. Decides who may come in at all, never what a person may see: that is
decided again by each service. Design: docs/architecture/gateway.md.
"""
