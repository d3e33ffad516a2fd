"""What this implementation says when it does not take something."""


class Refused(Exception):
    """Input that the protocol refuses; the text says why."""


def require(condition, why):
    if not condition:
        raise Refused(why)
