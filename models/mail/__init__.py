"""Mail queues: the outbox, and the answers that came in."""
