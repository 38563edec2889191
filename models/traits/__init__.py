"""Mixins of models: what can be edited, put in the bin, loaded from a file."""
