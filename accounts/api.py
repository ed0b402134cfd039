"""One's account over REST: profile, keys, and a first key for a client."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import cast

from django.http import HttpRequest
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.addresses import Wish, read_wish, save_choice, shape_choice
from accounts.clients import client_ip
from accounts.keys import issue_key, keys_for, make_key, revoke_key
from accounts.models import User
from accounts.requests import refuse_too_many
from accounts.serializers import CredentialsSerializer, NewKey, NotificationWish, shape_key, shape_person
from accounts.sign_in import check_credentials


class OwnView(APIView):
    """A view for one signed-in person."""

    def person(self) -> User:
        """Who asks."""
        assert isinstance(self.request.user, User)
        return self.request.user


class MeView(OwnView):
    """Oneself."""

    def get(self, request: Request) -> Response:
        """Profile, tier and limits."""
        return Response(shape_person(self.person()))


class NotificationsView(OwnView):
    """By what the person is told that an answer waits."""

    def get(self, request: Request) -> Response:
        """What is chosen and what could be; of the chat address only enough to recognise it."""
        return Response(shape_choice(self.person()))

    def put(self, request: Request) -> Response:
        """Another choice; what is not named stays, what is switched off is forgotten."""
        wanted = NotificationWish(data=request.data)
        wanted.is_valid(raise_exception=True)
        wish = cast(Wish, dict(wanted.validated_data))
        save_choice(read_wish(self.person(), wish), ip=client_ip(request._request))
        return self.get(request)


class KeysView(OwnView):
    """The person's keys."""

    def get(self, request: Request) -> Response:
        """All of them; there are never more than the tier allows."""
        return Response({"keys": [shape_key(key) for key in keys_for(self.person())]})

    def post(self, request: Request) -> Response:
        """A new key; its text is in this answer and nowhere else."""
        refuse_too_many(request._request, "new_key", self.person())
        wanted = NewKey(data=request.data)
        wanted.is_valid(raise_exception=True)
        days = wanted.validated_data.pop("days")
        lifetime = None if days is None else timedelta(days=days)
        key, text = make_key(self.person(), lifetime=lifetime, ip=client_ip(request._request), **wanted.validated_data)
        return Response({**shape_key(key), "key": text}, status=201)


class KeyView(OwnView):
    """One key."""

    def delete(self, request: Request, public_id: uuid.UUID) -> Response:
        """Revokes it."""
        revoke_key(self.person(), public_id, ip=client_ip(request._request))
        return Response(status=204)


class TokenView(APIView):
    """POST e-mail and password, get a key."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    def post(self, request: Request) -> Response:
        """A new key, shown this once."""
        http_request: HttpRequest = request._request
        refuse_too_many(http_request, "token")
        credentials = CredentialsSerializer(data=request.data)
        credentials.is_valid(raise_exception=True)
        user = check_credentials(http_request, **credentials.validated_data)
        return Response({"token": issue_key(user, name="token endpoint", ip=client_ip(http_request))})
