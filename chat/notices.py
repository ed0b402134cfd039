"""What a signed-in page asks on opening: which ends of runs the person has not heard of."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from chat.channels.banner import mark_seen, waiting_notices


class NoticesView(APIView):
    """The person's notices."""

    def get(self, request: Request) -> Response:
        """Those that have not been shown yet, the newest first."""
        user = person_of(request)
        notices = waiting_notices([user.id])[user.id]
        return Response({"notices": notices.newest, "total": notices.total})


class NoticeSeenView(APIView):
    """One notice."""

    def post(self, request: Request, notice_id: int) -> Response:
        """It has been shown; a second time changes nothing."""
        mark_seen(person_of(request).id, notice_id)
        return Response(status=204)


def person_of(request: Request) -> User:
    """Who asks."""
    assert isinstance(request.user, User)
    return request.user
