"""Tests of `models.figures`."""
