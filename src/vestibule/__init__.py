"""Vestibule: sign-in and account management, self-hosted."""
