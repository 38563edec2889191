"""HTTP layer: access, sessions, forms, errors, headers, assets and links."""
