"""Kinds of mail: one module for each, and their registry."""
