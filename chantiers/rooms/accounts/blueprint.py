"""Blueprint of the accounts room; its views are in the modules whose names end in routes."""

from flask import Blueprint

accounts = Blueprint("accounts", __name__)
