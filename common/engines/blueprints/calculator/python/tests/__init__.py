"""The tests of << name >>."""
