"""Search index over what people read."""
