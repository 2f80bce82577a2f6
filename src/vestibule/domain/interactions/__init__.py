"""Sign-ins under way, from the authorization request to the code; docs/decisions/0009 says how it is made."""
