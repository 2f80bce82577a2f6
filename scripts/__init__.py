"""Scripts behind the verbs of the Makefile."""
