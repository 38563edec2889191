"""Tests of `models.joining`."""
