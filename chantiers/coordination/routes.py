"""Routes of the coordination room."""

from flask import Blueprint

coordination = Blueprint("coordination", __name__)
