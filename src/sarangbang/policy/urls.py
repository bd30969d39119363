from django.urls import path

from . import figure_views, plan_views, ripple_views, views

app_name = "policy"

urlpatterns = [
    path("", views.served, name="guests"),
    path("list/", views.guest_list, name="guest_list"),
    path("overview/", figure_views.dashboard, name="dashboard"),
    path("checks/", figure_views.checks, name="checks"),
    path("plan/", plan_views.plan, name="plan"),
    path("plan/chart.svg", plan_views.chart, name="plan_chart"),
    path("ripple/", ripple_views.workbook, name="ripple"),
    path("ripple/<int:number>/", ripple_views.run, name="ripple_run"),
    path("ripple/<int:number>/run.xlsx", ripple_views.run_xlsx, name="ripple_xlsx"),
    path("ripple/<int:number>/run.pdf", ripple_views.run_pdf, name="ripple_pdf"),
]
