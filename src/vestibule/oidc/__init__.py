"""The protocol, read against the RFCs."""
