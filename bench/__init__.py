"""Benchmarks: the running server and its floor, driven from another process in one run (`make bench`)."""
