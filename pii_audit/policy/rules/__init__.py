"""One rule per module; the folder is the registry."""
