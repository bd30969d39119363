"""Django's administration, with the site of the room ``people``."""

from django.contrib.admin.apps import AdminConfig


class HouseAdminConfig(AdminConfig):
    """Stands in INSTALLED_APPS instead of ``django.contrib.admin``: no door that asks for a password alone."""

    default_site = "sarangbang.people.admin_site.HouseAdmin"
