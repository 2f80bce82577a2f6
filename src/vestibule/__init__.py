"""Vestibule: sign-in and account management, self-hosted."""

__version__ = "0.1.0"
