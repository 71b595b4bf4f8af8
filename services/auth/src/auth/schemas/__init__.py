"""The models of the API, by capability."""
