"""Routes of the my_work room."""

from flask import Blueprint

my_work = Blueprint("my_work", __name__)
