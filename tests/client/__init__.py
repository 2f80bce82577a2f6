"""The Management API client against a loopback server that answers what the contract's document says."""
