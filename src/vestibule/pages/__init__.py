"""Hosted sign-in pages: templates and their handlers, over the verbs of `domain.interactions`."""
