"""Which address goes where."""

from allauth.account import views as account
from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

from approvals.api import api
from config.accounts import Reauthenticate

# One door for passwords: the admin's own knows no limit on attempts.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

# Not allauth's whole list: sign-up, e-mail and password reset lead nowhere here.
accounts = [
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("signup/", account.signup, name="account_signup"),
    path("reauthenticate/", Reauthenticate.as_view(), name="account_reauthenticate"),
    path("password/", account.password_change, name="account_change_password"),
]

handler500 = "config.failures.server_error"

urlpatterns = [
    path("", include("approvals.urls")),
    path("agents/", include("agents.urls")),
    path("audit/", include("audit.urls")),
    path("accounts/", include(accounts)),
    path("admin/", admin.site.urls),
    path("", api.urls),
]
