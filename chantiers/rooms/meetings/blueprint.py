"""Blueprint of the meetings room; its views are in the modules whose names end in routes."""

from flask import Blueprint

meetings = Blueprint("meetings", __name__)
