from django.urls import path

from . import figure_views, plan_views, ripple_views, uploading, views
from .awards import views as award_views
from .operations import views as operations_views
from .reporting import officer_views as report_views

app_name = "policy"

urlpatterns = [
    path("", views.served, name="guests"),
    path("list/", views.guest_list, name="guest_list"),
    path("overview/", figure_views.dashboard, name="dashboard"),
    path("checks/", figure_views.checks, name="checks"),
    path("upload/", uploading.figures, name="upload"),
    path("plan/", plan_views.plan, name="plan"),
    path("plan/chart.svg", plan_views.chart, name="plan_chart"),
    path("awards/", award_views.awards, name="awards"),
    path("awards/new/", award_views.new, name="award_new"),
    path("awards/upload/", uploading.awards, name="awards_upload"),
    path("awards/of/<str:award>/", award_views.award, name="award"),
    path("awards/of/<str:award>/correct/", award_views.correct, name="award_correct"),
    path("operations/", operations_views.operations, name="operations"),
    path("operations/<str:measure>/", operations_views.listed, name="operations_list"),
    path("reconciliation/", report_views.reconciliation, name="reconciliation"),
    path("reports/", report_views.reports, name="reports"),
    path("reports/<slug:slug>/<int:year>/", report_views.report, name="report"),
    path("reports/<slug:slug>/<int:year>/<str:file>", report_views.report_file, name="report_file"),
    path("facilitators/<int:year>/", report_views.facilitators, name="facilitators"),
    path("facilitators/<int:year>/<str:file>", report_views.facilitators_file, name="facilitators_file"),
    path("ripple/", ripple_views.workbook, name="ripple"),
    path("ripple/<int:number>/", ripple_views.run, name="ripple_run"),
    path("ripple/<int:number>/run.xlsx", ripple_views.run_xlsx, name="ripple_xlsx"),
    path("ripple/<int:number>/run.pdf", ripple_views.run_pdf, name="ripple_pdf"),
]
