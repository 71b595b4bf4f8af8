"""The use cases of auth, by capability.

They open their transactions themselves instead of having one a request: a counted attempt and the end of a stolen
family must be committed although the request is refused.
"""
