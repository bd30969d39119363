"""Departments as people write them: slug, national code, Korean or English name."""

from __future__ import annotations

from sarangbang.directory.models import Department

from . import cells, codes
from .columns import Row, plain


class Rooms:
    """The departments of the directory, by every word for them."""

    def __init__(self) -> None:
        self.by_word: dict[str, int] = {}
        known = Department.objects.order_by("pk").values_list("pk", "slug", "code", "name_ko", "name_en")
        for pk, *words in known:
            for word in words:
                if word:
                    self.by_word.setdefault(plain(word), pk)

    def find(self, word: str) -> int | None:
        """The department of that word; a code that lost its zero is understood."""
        code = word.zfill(2) if word.isascii() and word.isdigit() else word
        slug = codes.departments().get(code) or codes.departments().get(plain(word)) or ""
        return self.by_word.get(plain(code)) or self.by_word.get(plain(slug))

    def read(self, row: Row, name: str = "departments") -> list[int]:
        """The departments of a cell, each once, in order; says which word is none."""
        found = []
        for word in row.read(name, cells.several) or []:
            pk = self.find(word)
            if pk is None:
                row.wrong(name, f"is not a department: {word[:40]}")
            elif pk not in found:
                found.append(pk)
        return found
