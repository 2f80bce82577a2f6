"""Social connectors: every record through one battery, on loopback."""
