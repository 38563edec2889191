"""Architecture tests: rules held for every route, page, form and module."""
