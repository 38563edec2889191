"""Tests of `chantiers.mail.kinds`: one module for each kind, under its name."""
