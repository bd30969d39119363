"""What calls take from the address and the headers of a request; every one bounded."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from ninja import Header, Path, Query

from . import schemas

Limit = Annotated[int, Query(ge=1, le=schemas.MAX_PAGE, description="How many at most")]
Offset = Annotated[int, Query(ge=0, le=schemas.MAX_OFFSET, description="How many to pass over")]
ProcedureWords = Annotated[
    schemas.Text | None,
    Query(description="What somebody looks for, in any of the ten languages, small slips allowed", example="二重"),
]
InstitutionWords = Annotated[schemas.Text | None, Query(description="Part of the name, in Korean or in Latin letters")]
InstitutionSlug = Annotated[schemas.Slug, Query(description="Slug of an institution, from /institutions")]
ProcedureSlug = Annotated[schemas.Slug, Query(description="Slug of a procedure, from /procedures")]
MaybeProcedure = Annotated[schemas.Slug | None, Query(description="Slug: only those that offer it")]
MaybeDepartment = Annotated[
    schemas.Slug | None, Query(description="Slug of a department, as in a procedure", example="dermatology")
]
MaybeLanguage = Annotated[schemas.Language | None, Query(description="Only where a doctor speaks it")]
MaybePractitioner = Annotated[UUID | None, Query(description="Only of this practitioner")]
Start = Annotated[
    schemas.Instant | None,
    Query(description="From; now when left out", example="2026-12-08T00:00:00+09:00"),
]
End = Annotated[
    schemas.Instant | None,
    Query(description="Until; 14 days after start when left out, at most 62 days after it"),
]
Institutions = Annotated[
    list[schemas.Slug] | None,
    Query(
        alias="institution",
        max_length=50,
        description="Only at these: slugs from /institutions, the parameter repeated",
    ),
]
SpokenLanguage = Annotated[schemas.Language | None, Query(description="Only by a doctor who speaks it")]
PartOfDay = Annotated[
    schemas.PartOfDay, Query(description="Local to the institution: before 12:00, from 12:00, from 17:00")
]
LastEnd = Annotated[
    schemas.Instant | None,
    Query(description="Until; the end of the calendar when left out, at most 400 days after start"),
]
Party = Annotated[int, Query(ge=1, le=8, description="How many come together and need a seat each")]
Cursor = Annotated[
    str | None,
    Query(
        min_length=1,
        max_length=100,
        description="From the page before, as it is: of the same search, of which only limit, start and end may differ",
    ),
]
FewSeries = Annotated[int, Query(ge=1, le=10, description="How many at most")]
SeriesToken = Annotated[schemas.Token, Path(description="From the answer of POST /series")]
IdempotencyKey = Annotated[
    schemas.Key | None,
    Header(
        alias="Idempotency-Key",
        description="A random text of your own, as a UUID: the same key and request are carried out once and give the "
        "same appointment in its present state, also while the first request still runs. A key lives as long as its "
        "appointment. Keep it secret.",
        example="0b7f1a52-58d2-4a53-9d57-2f9a3f0f9f0e",
    ),
]
SlugInPath = Annotated[schemas.Slug, Path(description="As in the list")]
TokenInPath = Annotated[schemas.Token, Path(description="From the answer of POST /holds")]
