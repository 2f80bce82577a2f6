"""The Management API: every route asks for a Management token."""
