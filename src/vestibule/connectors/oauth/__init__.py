"""OAuth 2.0 and OpenID Connect as a client: one engine, whatever the provider; providers are records."""
