"""Operations of an instance: commands, checks, backups, exports and loading."""
