"""Background jobs: the worker and what it runs."""
