"""The outside world: mail and SMS senders behind one SSRF guard."""
