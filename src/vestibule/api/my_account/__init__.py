"""The account API: what people do with their own accounts, by the token that an application of theirs holds."""
