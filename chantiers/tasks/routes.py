"""Routes of the tasks room."""

from flask import Blueprint

tasks = Blueprint("tasks", __name__)
