"""Tests of `models.retention`."""
