"""Texts of the figures that come along, marked for translation. Studies and sources keep their own words."""

from __future__ import annotations

from django.utils.translation import gettext_noop

TEXTS = (
    gettext_noop("Card spending of foreign patients in 2024, by Gangnam's share of patients"),
    # What exactly is counted
    gettext_noop("Part of the foreign patients in the same place and year."),
    gettext_noop("Part of all foreign patients in Korea in the same year."),
    gettext_noop("Part of the foreign patients in Seoul in the same year."),
    gettext_noop("Everything, 1,200 answers."),
    gettext_noop("Hospitals and clinics, as first published."),
    gettext_noop("Hospitals, clinics and pharmacies."),
    gettext_noop("Hospitals, clinics and pharmacies, full year as published later."),
    gettext_noop("Medical care in a study of the card payments of people who paid at medical institutions."),
    gettext_noop("Shopping."),
    gettext_noop("All foreigners, not only patients."),
    gettext_noop("Cards of one issuer, visitors who stay shortly."),
    gettext_noop("Two and a half years."),
    gettext_noop("Support centres for addiction that exist."),
    gettext_noop("Foreign patients a year, to be reached by 2026, from 23,734 in 2021."),
    gettext_noop("Foreign patients a year; the interview names no year, the term of the plan is taken."),
    gettext_noop("The share of patients in 2023, used for money in 2024."),
    # Why a figure was revised
    gettext_noop("The count was published; the estimate had been far too low."),
    gettext_noop("The first target was passed in 2023, three years early."),
    # What relations show
    gettext_noop('1.4 times the peak is right; "1.4 times higher", read word by word, would be 2.4 times.'),
    gettext_noop("A trillion was passed, says one sentence; less than half of that was spent, says the next."),
    gettext_noop("More than 200,000 was estimated; nearly twice as many were counted."),
    gettext_noop("The exact share is 39.2 %."),
    gettext_noop("The share of patients is applied to money. With the share of 2024 it would be 414 billion won."),
    gettext_noop(
        "The two amounts could be parts of the total only if they made 1,099; they make 678.9. "
        "They are disputed and enter no sum."
    ),
    gettext_noop("The year before is not given; it follows from the growth."),
    gettext_noop("Three centres existed in the north of Seoul; perhaps only the Gangnam area was meant."),
    gettext_noop("True of 2023 only, though the interview says every year."),
    gettext_noop("Two sentences give two amounts for the same place and year."),
)
