"""Tests of `models.traits`."""
