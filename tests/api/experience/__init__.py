"""The Experience API, through the edge."""
