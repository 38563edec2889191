"""Routes of the public room."""

from flask import Blueprint

public = Blueprint("public", __name__)
