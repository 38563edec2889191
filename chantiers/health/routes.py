"""Routes of the health room."""

from flask import Blueprint

health = Blueprint("health", __name__)
