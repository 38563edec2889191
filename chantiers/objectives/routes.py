"""Routes of the objectives room."""

from flask import Blueprint

objectives = Blueprint("objectives", __name__)
