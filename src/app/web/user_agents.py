"""What a browser calls itself, in words its owner recognizes."""

from ua_parser import parse


def named_device(agent: str) -> str:
    """Such as "Chrome on Windows"; parsed by the field's shared list of patterns."""
    found = parse(agent)
    browser = found.user_agent.family if found.user_agent else None
    system = found.os.family if found.os else None
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or "An unknown device"
