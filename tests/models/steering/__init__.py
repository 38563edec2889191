"""Tests of `models.steering`."""
