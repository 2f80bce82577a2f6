"""Styles, message catalogues and form parts that `pages` and `account` share."""
