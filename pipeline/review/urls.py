"""The addresses of the workbench."""

from __future__ import annotations

from django.urls import path

from pipeline.review import account, sheets, site, work

urlpatterns = [
    path("", account.home),
    path("enter", site.enter),
    path("leave", site.leave),
    path("static/<path:path>", site.static_file),
    path("work", work.work),
    path("step", work.step),
    path("elsewhere", work.elsewhere),
    path("decide", work.decide),
    path("undo", work.undo),
    path("sheet/<int:record>/<int:page>", sheets.sheet),
    path("crop/<int:record>/<int:page>/<str:box>.jpg", sheets.crop),
    path("page/<int:record>/<int:page>.jpg", sheets.page),
    path("history", account.history),
    path("audit.csv", account.audit_csv),
    path("exports", account.exports),
    path("exports/<str:job>", account.download),
]
