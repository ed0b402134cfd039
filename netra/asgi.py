"""The web process: HTTP to Django, sockets to the chat's consumer."""

from __future__ import annotations

import os

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "netra.settings")
django_application = get_asgi_application()

from accounts.socket_auth import authenticate_socket  # noqa: E402  (needs the loaded apps)
from chat.emitter import publisher_thread  # noqa: E402
from chat.heartbeats import Pulse  # noqa: E402
from chat.hub import describe_hub  # noqa: E402
from chat.readiness import settle_memory  # noqa: E402
from chat.routing import websocket_urlpatterns  # noqa: E402
from chat.streams import with_direct_connections  # noqa: E402
from netra.bodies import with_streamed_bodies  # noqa: E402

publisher_thread.start()
Pulse("web", describe_hub).start()
application = ProtocolTypeRouter(
    {
        "http": with_direct_connections(with_streamed_bodies(django_application)),
        "websocket": authenticate_socket(URLRouter(websocket_urlpatterns)),
    }
)
settle_memory()
