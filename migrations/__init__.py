"""Migrations of the database, and the code that belongs to one of them."""
