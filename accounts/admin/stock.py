"""Pages other packages bring that staff shall not use: each would be a second way past a rule of ours."""

from allauth.account.models import EmailAddress, EmailConfirmation
from django.contrib import admin
from django.contrib.auth.models import Group

# Groups would grant permissions past the guard of the users' page; a confirmed address is the person's own doing.
for model in (Group, EmailAddress, EmailConfirmation):
    if admin.site.is_registered(model):
        admin.site.unregister(model)
