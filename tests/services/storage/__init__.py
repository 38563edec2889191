"""Tests of `chantiers.storage`."""
