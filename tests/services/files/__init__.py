"""Tests of `chantiers.files`."""
