"""Pages of signing in, pages of one's own account, and the API of both."""

from allauth.account import views as library
from django.urls import path, re_path

from accounts import api, departure, entrance, views

urlpatterns = [
    # Of the library's pages exactly these; what is not routed cannot be reached.
    path("accounts/login/", library.login, name="account_login"),
    path("accounts/logout/", library.logout, name="account_logout"),
    path("accounts/inactive/", library.account_inactive, name="account_inactive"),
    path("accounts/signup/", library.signup, name="account_signup"),
    path("accounts/confirm-email/", entrance.show_confirmation_sent, name="account_email_verification_sent"),
    re_path(r"^accounts/confirm-email/(?P<key>[-:\w]+)/$", library.confirm_email, name="account_confirm_email"),
    path("accounts/password/reset/", library.password_reset, name="account_reset_password"),
    path("accounts/password/reset/done/", library.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^accounts/password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        entrance.NewPasswordView.as_view(),
        name="account_reset_password_from_key",
    ),
    path(
        "accounts/password/reset/key/done/",
        library.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    path("account/", views.show_profile, name="account"),
    path("account/password/", views.PasswordView.as_view(), name="account_change_password"),
    path("account/sessions/", views.show_sessions, name="account_sessions"),
    path("account/sessions/<slug:public_id>/end/", views.end_one_session, name="account_session_end"),
    path("account/sessions/end/", views.end_all_sessions, name="account_sign_out_everywhere"),
    path("account/keys/", views.show_keys, name="account_keys"),
    path("account/keys/<uuid:public_id>/revoke/", views.revoke_one_key, name="account_key_revoke"),
    path("account/notifications/", views.show_notifications, name="account_notifications"),
    path("account/notifications/test/", views.send_test_message, name="account_notifications_test"),
    path("account/data/", departure.show_data, name="account_data"),
    path("account/data/export/", departure.export_data, name="account_export"),
    path("account/data/delete/", departure.delete_own_account, name="account_delete"),
    path("api/v1/me/", api.MeView.as_view(), name="api-me"),
    path("api/v1/me/notifications/", api.NotificationsView.as_view(), name="api-notifications"),
    path("api/v1/keys/", api.KeysView.as_view(), name="api-keys"),
    path("api/v1/keys/<uuid:public_id>/", api.KeyView.as_view(), name="api-key"),
    path("api/v1/auth/token/", api.TokenView.as_view(), name="api-token"),
]
