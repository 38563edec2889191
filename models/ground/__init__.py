"""Foundations of every model: base class, database session, clock, refusal, write queue, unique names, slugs."""
