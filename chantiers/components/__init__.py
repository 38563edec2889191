"""Python side of the templates in `templates/components`."""
