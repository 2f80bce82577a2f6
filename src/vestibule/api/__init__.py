"""JSON faces over the verbs in `domain`."""
