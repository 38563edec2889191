"""Routes of the deliverables room."""

from flask import Blueprint

deliverables = Blueprint("deliverables", __name__)
