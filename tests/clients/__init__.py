"""Published SDKs, run unchanged as clients of a live server."""
