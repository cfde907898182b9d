"""<< name >>: counts, finds, converts and names text."""

VERSION = "1.0.0"
