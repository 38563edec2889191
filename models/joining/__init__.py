"""Ways in and out of a chantier: invitations, join requests, handovers."""
