"""Demonstration data and its loader."""
