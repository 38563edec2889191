"""Rooms: one folder for each family of screens, and their list."""
