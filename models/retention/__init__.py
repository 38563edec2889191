"""Retention limits: the purge of the bin, and the expiry of sessions, links and mails."""
