"""Tests of the services of `chantiers`, one folder for each."""
