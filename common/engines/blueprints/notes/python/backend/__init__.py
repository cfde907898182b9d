"""The server side of << name >>."""

APP_NAME = "<< name >>"
