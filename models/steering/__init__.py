"""Steering of the démarche: meetings, decisions, checkpoints, progress updates, arbitration."""
