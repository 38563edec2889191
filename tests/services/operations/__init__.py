"""Tests of `chantiers.operations`."""
