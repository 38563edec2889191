"""What the domain answers when it will not do something: a code that the web says in words."""

from typing import Any


class Refused(Exception):
    """A verb whose preconditions do not hold. `code` names the reason, `particulars` fill the sentence."""

    def __init__(self, code: str, **particulars: Any) -> None:
        super().__init__(code)
        self.code = code
        self.particulars = particulars
