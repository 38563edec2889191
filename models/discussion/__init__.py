"""Comments and attachments, notifications and reminders."""
