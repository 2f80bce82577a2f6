"""The account server against a stub of an identity server, built from the contract's shapes."""
