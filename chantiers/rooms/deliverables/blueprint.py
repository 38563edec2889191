"""Blueprint of the deliverables room; its views are in the modules whose names end in routes."""

from flask import Blueprint

deliverables = Blueprint("deliverables", __name__)
