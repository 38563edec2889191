"""Tests of `models.ground`."""
