"""What runs in the child process: the only code that reads XML. Nothing else of the product imports it."""
