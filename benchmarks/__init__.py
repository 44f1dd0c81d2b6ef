"""Data makers, a hostile labelled set, its scorer and a timing harness (see README.md)."""
