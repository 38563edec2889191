"""Tests of `chantiers.web`."""
