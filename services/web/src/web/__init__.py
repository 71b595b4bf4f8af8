"""Serves the built web client, the page of the API documentation and the portal's OpenAPI document.

Owns no data, reads no topic, and never answers for another service: whatever it does not know is 404.
"""
