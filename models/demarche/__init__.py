"""The démarche and its plan: chantiers, objectives, structures."""
