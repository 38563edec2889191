"""Share in whole percent."""


def percent(part: int, whole: int) -> int | None:
    """Return a share in whole percent, rounded down so that 100 means all; None of nothing."""
    return part * 100 // whole if whole else None
