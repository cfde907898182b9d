"""The server of << name >>: short links, their redirects and their visit counts."""
