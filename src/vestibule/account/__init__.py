"""The account server: a settings API that lets each caller do only what they may, and the page that uses it.

Knows nothing of the identity store: it talks to the identity server over HTTP through `vestibule.client`.
"""
