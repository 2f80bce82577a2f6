"""The outside world: the guard that every outgoing connection passes, and the senders of e-mail and SMS.

A factory is a record: fixed metadata, the shape of its configuration, a sender. Knows no store.
"""
