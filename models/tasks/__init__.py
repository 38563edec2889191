"""Tasks: their status, order on the board, dependencies and checklist."""
