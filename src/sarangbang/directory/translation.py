"""Which texts of the directory exist in ten languages."""

from modeltranslation.translator import TranslationOptions, register

from .models import Department, Procedure


@register(Department)
class DepartmentTranslation(TranslationOptions):
    fields = ("name",)


@register(Procedure)
class ProcedureTranslation(TranslationOptions):
    fields = ("name", "summary")
