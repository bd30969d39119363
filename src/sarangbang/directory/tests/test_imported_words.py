"""What was imported is found, too."""

import pytest

from sarangbang.config.testing.kept import made_once
from sarangbang.directory.actions import load_reference
from sarangbang.directory.models import Department, Procedure
from sarangbang.directory.queries import procedure_index

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def test_a_procedure_that_only_the_database_knows_is_found() -> None:
    made_once(load_reference)
    assert not procedure_index().find("zoological examination")
    procedure = Procedure.objects.create(
        slug="zoological-examination",
        name_en="Zoological examination",
        name_ko="동물학 검사",
        main_department=Department.objects.first(),
    )
    assert procedure_index().find("zoological examination")[0].slug == procedure.slug
    assert procedure_index().find("동물학")[0].slug == procedure.slug
    procedure.terms.create(language="es", text="examen del unicornio")
    assert procedure_index().find("unicornio")[0].slug == procedure.slug
