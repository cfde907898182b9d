"""The server side of << name >>."""
