"""Loader of the démarche's YAML file."""
