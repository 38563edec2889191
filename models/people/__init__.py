"""People and their accounts: users, memberships, sessions, passwords, mail preferences."""
