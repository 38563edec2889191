"""Tests of `chantiers.language`."""
