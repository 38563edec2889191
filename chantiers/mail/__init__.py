"""Mail service: composing, sending and receiving."""
