"""Tests of `models.deliverables`."""
