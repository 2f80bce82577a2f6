"""Senders of e-mail and SMS as records on one engine: how a message becomes one request, and which answer is a yes."""
