"""Blueprint of the tasks room; its views are in the modules whose names end in routes."""

from flask import Blueprint

tasks = Blueprint("tasks", __name__)
