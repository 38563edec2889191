"""Tests of `chantiers.jobs`."""
