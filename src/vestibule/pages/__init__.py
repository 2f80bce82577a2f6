"""Hosted sign-in pages: templates and their handlers."""
