"""Commands, as somebody at a terminal runs and reads them."""

from flask import Flask


def said(app: Flask, *arguments: str, status: int = 0) -> str:
    """Run `flask --app app …`, which must end with this status, and answer what it printed, with plain spaces."""
    result = app.test_cli_runner().invoke(args=list(arguments))
    assert result.exit_code == status, result.output
    assert "Traceback" not in result.output
    return plain(result.output)


def plain(text: str) -> str:
    """Return the text with ordinary spaces where French typography has others."""
    return text.replace("\u00a0", " ").replace("\u202f", " ")
