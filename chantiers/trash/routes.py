"""Routes of the trash room."""

from flask import Blueprint

trash = Blueprint("trash", __name__)
