"""The two ways in which a request can be refused."""


class InvalidField(ValueError):
    """A value that breaks a rule. The message names the field."""

    def __init__(self, field, problem):
        super().__init__(f"{field} {problem}")
        self.field = field


class HttpError(Exception):
    """An answer other than success, with its status and message."""

    def __init__(self, status, message, headers=()):
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = tuple(headers)
