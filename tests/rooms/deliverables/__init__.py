"""Tests of the room deliverables."""
