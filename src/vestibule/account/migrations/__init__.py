"""The account store's migrations; `HEAD` is the newest revision."""

HEAD = "0004"
