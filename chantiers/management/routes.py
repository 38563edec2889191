"""Routes of the management room."""

from flask import Blueprint

management = Blueprint("management", __name__)
