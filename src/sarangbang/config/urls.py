"""Where each room hangs."""

from __future__ import annotations

from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path

from . import health, views

urlpatterns = [
    path("", views.door, name="door"),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("api/v1/", include("sarangbang.interop.urls")),
    *i18n_patterns(
        path("accounts/", include("sarangbang.people.urls")),
        path("admin/", admin.site.urls),
        path("desk/visitors/", include("sarangbang.policy.operations.desk_urls")),
        path("", include("sarangbang.concierge.urls")),
        path("clinic/report/", include("sarangbang.policy.reporting.urls")),
        path("clinic/", include("sarangbang.scheduling.urls")),
        path("feed/", include("sarangbang.scheduling.feed_urls")),
        path("policy/", include("sarangbang.policy.urls")),
        path("figures/", include("sarangbang.policy.public_urls")),
        path("outbox/", include("sarangbang.messages.urls")),
        path("ui/", include("sarangbang.ui.urls")),
        path("", include("sarangbang.portal.urls")),
    ),
]
handler400 = "sarangbang.config.views.bad_request"
handler403 = "sarangbang.ui.views.forbidden"
handler404 = "sarangbang.ui.views.not_found"
handler429 = "sarangbang.ui.views.too_many"
handler500 = "sarangbang.ui.views.server_error"
