"""Enterprise connectors: how a company's own identity provider is spoken to. Providers are records."""
