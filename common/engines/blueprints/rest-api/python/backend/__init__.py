"""The server of << name >>: a REST API for << entity.plural | replace("_", " ") >>."""
