"""YAML documents that people write: catalogues, policies, plans."""
