"""The steps of a case against real stubs and a real database, one at a time and out of order."""
