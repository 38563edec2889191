"""File handling: types, uploads, downloads and spreadsheets."""
