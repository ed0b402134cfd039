"""Keys for API clients."""

from __future__ import annotations

from django.http import HttpRequest
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.keys import issue_key
from accounts.serializers import CredentialsSerializer
from accounts.sign_in import check_credentials


class TokenView(APIView):
    """POST e-mail and password, get a key."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    def post(self, request: Request) -> Response:
        """A new key, shown this once."""
        credentials = CredentialsSerializer(data=request.data)
        credentials.is_valid(raise_exception=True)
        http_request: HttpRequest = request._request
        user = check_credentials(http_request, **credentials.validated_data)
        return Response({"token": issue_key(user, name="token endpoint")})
