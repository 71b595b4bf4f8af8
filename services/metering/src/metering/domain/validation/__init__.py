"""The rules of validation, pure: what is stored of a day in, verdicts out. One idea a file.

Each rule with its limits and an example in numbers: docs/architecture/validation.md.
"""
