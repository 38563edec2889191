"""Kinds of mail: one module for each family, and their registry."""
