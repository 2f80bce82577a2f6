"""The verbs and rules; knows no HTTP and no SQL."""
