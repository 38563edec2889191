"""Deliverables, their versions and their reviews."""
