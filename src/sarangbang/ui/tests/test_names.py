"""A name board shows any name whole."""

import pytest

from sarangbang.ui.templatetags.ui import name_size


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("", "xl"),
        ("Ли", "xl"),
        ("田中さくら", "l"),  # wide letters count two
        ("Батбаяр Сарнай", "xl"),
        ("Anantachaiyaporn", "s"),
        # No word is long, but so many of them would need six lines of the largest size.
        ("محمد بن عبد الله بن سعد آل ناصر الدوسري", "m"),
    ],
)
def test_the_longer_a_name_the_smaller_it_stands(name, size):
    assert name_size(name) == size
