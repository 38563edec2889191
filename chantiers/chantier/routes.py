"""Routes of the chantier room."""

from flask import Blueprint

chantier = Blueprint("chantier", __name__)
