"""Empty tables to fill in: the titles that an import understands, and one made-up row."""

from __future__ import annotations

import csv
import io

SAMPLES: dict[str, dict[str, str]] = {
    "institutions": {
        "registration_number": "M-2026-0001", "name": "예시의원", "name_latin": "Example Clinic", "kind": "clinic",
        "valid_from": "2026-01-01", "valid_until": "2028-12-31", "insurer": "예시보험", "insured_amount": "100000000",
        "insured_until": "2026-12-31", "revoked_on": "", "departments": "dermatology;plastic-surgery",
        "address": "서울특별시 강남구 예시로 1", "address_latin": "1 Yesi-ro, Gangnam-gu, Seoul", "latitude": "37.5172",
        "longitude": "127.0473", "phone": "+82-2-0000-0000", "website": "https://clinic.example", "hira_key": "",
        "is_open": "yes",
    },
    "practitioners": {
        "number": "D-0001", "name": "예시", "name_latin": "Ye Si", "sex": "female", "languages": "ko;en;ja",
        "institution": "M-2026-0001", "departments": "dermatology", "is_active": "yes",
    },
    "procedures": {
        "slug": "example-treatment", "departments": "dermatology", "visit_minutes": "30", "days_in_korea_low": "1",
        "days_in_korea_high": "2", "rest_before_flying_days": "0", "planning_source": "", "reviewed_on": "",
        "name_ko": "예시 시술", "name_en": "Example treatment", "name_zh_hans": "示例项目", "name_ja": "例の施術",
        "name_ru": "Пример процедуры", "name_mn": "Жишээ эмчилгээ", "name_es": "Tratamiento de ejemplo",
        "name_vi": "Liệu trình mẫu", "name_th": "ตัวอย่างการรักษา", "name_ar": "علاج مثالي", "summary_en": "",
        "terms_en": "sample;specimen", "terms_ko": "",
    },
}  # fmt: skip


def template(kind: str) -> str:
    """A CSV with the titles and one row. Without UTF-8's mark: the titles are plain letters, and what a spreadsheet
    saves is read back in whatever encoding it chose."""
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=list(SAMPLES[kind]))
    writer.writeheader()
    writer.writerow(SAMPLES[kind])
    return out.getvalue()
