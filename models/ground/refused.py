"""Exception of the domain for what it will not do: a code that the web says in words."""

from typing import Any


class Refused(Exception):
    """Exception of a verb whose preconditions do not hold. `code` names the reason, `particulars` fill the sentence."""

    def __init__(self, code: str, **particulars: Any) -> None:
        super().__init__(code)
        self.code = code
        self.particulars = particulars
