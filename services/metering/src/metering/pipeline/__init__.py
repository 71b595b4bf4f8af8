"""The bulk paths: telemetry from its topics into the store, checked, with offsets committed after the insert."""
