"""How definitions of entity types become detectors."""
