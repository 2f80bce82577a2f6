"""Social connectors: people known to a provider. A provider is a record; few need code."""
