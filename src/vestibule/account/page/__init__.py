"""The account page: a server-rendered client of the settings API. Tokens never leave the server."""
