"""Tests of `models.demarche`."""
