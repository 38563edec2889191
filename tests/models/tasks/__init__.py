"""Tests of `models.tasks`."""
