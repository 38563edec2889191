"""Application factory: `create_app` puts the settings, the extensions and the rooms together."""

from typing import Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from chantiers import config
from chantiers.language import catalogues, filters
from chantiers.mail.kinds import registry
from chantiers.operations.commands import cli
from chantiers.rooms import list as rooms
from chantiers.storage import setup as storage
from chantiers.web import (
    access,
    addresses,
    assets,
    converters,
    errors,
    extensions,
    logs,
    security_headers,
    sessions,
)


def create_app(overrides: dict[str, Any] | None = None) -> Flask:
    """Create an app from the environment and `overrides`. Raises Misconfigured when a setting is not safe."""
    app = addresses.Application(__name__, static_folder=None, template_folder=str(config.ROOT / "templates"))
    app.config.from_mapping(config.defaults())
    app.config.update(config.from_environment())
    app.config.update(overrides or {})
    config.complete(app.config)

    proxies = app.config["TRUSTED_PROXIES"]
    if proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies)  # type: ignore[method-assign]
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}

    logs.init_app(app)
    converters.init_app(app)
    assets.init_app(app)
    catalogues.init_app(app)
    extensions.init_app(app)
    storage.init_app(app)
    sessions.init_app(app)
    access.init_app(app)
    addresses.init_app(app)
    filters.init_app(app)
    errors.init_app(app)
    registry.init_app(app)
    security_headers.init_app(app)
    rooms.init_app(app)
    cli.init_app(app)
    return app
