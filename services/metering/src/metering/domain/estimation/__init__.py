"""Estimates of missing half hours: one method a file, their order in `estimate`. Pure.

Each method with a worked example: docs/architecture/estimation.md. The letters E0 to E8 are those of that page.
"""
