"""Tests of the room imports."""
