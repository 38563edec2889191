"""Routes of the structures room."""

from flask import Blueprint

structures = Blueprint("structures", __name__)
