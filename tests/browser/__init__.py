"""A package, so that pytest can keep one browser for the whole folder."""
