"""Tests of `chantiers.mail`."""
