"""Owns tickets of consumers to their supplier. Publishes tickets. Reads links.

Never shows a ticket to somebody who does not see its contract, nor a writer's contacts to anybody else.
"""
