"""Commands of `flask --app app`: one module for each group, listed in `cli`."""
