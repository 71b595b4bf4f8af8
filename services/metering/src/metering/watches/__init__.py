"""Watchers that change no half hour: max power, tariff zones, the canary, revisions that billing leaves open."""
