"""Imports of spreadsheets: batches, rows, and the tasks and structures made from them."""
