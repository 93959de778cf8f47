"""A second, slow and independent reading of the duties, which shares no code with the service it checks."""
