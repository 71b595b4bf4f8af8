"""The rules of metering: the registry in memory, checks of telemetry, profiles, journal texts. No input or output."""
