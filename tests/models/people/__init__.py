"""Tests of `models.people`."""
