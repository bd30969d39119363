"""The JSON that the national list's service answers (getHospBasisList), as rows: the names of the fields are the
header, every item is a row. A file may hold one answer, a list of answers (pages), or one or more items alone."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from .cells import Cell
from .columns import plain
from .problems import UnusableFile

GOOD = {"00", "0", "0000"}
MAX_FIELDS = 400
ALWAYS = ("ykiho", "yadmNm", "clCd", "XPos", "YPos")


def rows_of_answer(text: str) -> Iterator[tuple[int, Sequence[Cell]]]:
    """The header as row 1, the first item as row 2."""
    try:
        answer = json.loads(text)
    except RecursionError:
        raise UnusableFile("The JSON is nested too deeply.") from None
    except ValueError as problem:
        raise UnusableFile(f"The JSON cannot be read: {problem}.") from None
    items = _items(answer)
    names = list(ALWAYS)  # the service leaves out what is empty
    fields = {plain(name): at for at, name in enumerate(names)}
    for item in items:
        for name in item:
            if plain(name) not in fields:
                fields[plain(name)] = len(names)
                names.append(name)
    if len(names) > MAX_FIELDS:
        raise UnusableFile(f"The items have more than {MAX_FIELDS} different fields.")
    yield 1, names
    for number, item in enumerate(items, start=2):
        cells: list[Cell] = [None] * len(names)
        for name, value in item.items():
            cells[fields[plain(name)]] = value
        yield number, cells


def _items(answer: Any) -> list[dict[str, Any]]:
    """The items of an answer, of a list of answers, or of a list of items. No items is an empty text or nothing."""
    if isinstance(answer, list):
        if all(isinstance(each, dict) and not _is_answer(each) for each in answer):
            return answer
        return [item for each in answer for item in _items(each)]
    if not isinstance(answer, dict):
        raise UnusableFile("The JSON is neither an answer of the service nor a list of items.")
    if "ykiho" in map(plain, answer):
        return [answer]
    response = answer.get("response", answer)
    if not isinstance(response, dict):
        raise UnusableFile("The JSON is not an answer of the service: 'response' holds no fields.")
    _check_result(response)
    body = response.get("body", response)
    items = body.get("items", body.get("item")) if isinstance(body, dict) else None
    if isinstance(items, dict):
        items = items.get("item", [])
    if items in (None, ""):
        if isinstance(body, dict) and ("items" in body or "item" in body or "totalCount" in body):
            return []
        raise UnusableFile("The JSON is not an answer of the service: there is no list of items.")
    if isinstance(items, dict):
        items = [items]
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise UnusableFile("The JSON is not an answer of the service: the items have no fields.")
    return items


def _is_answer(each: dict[str, Any]) -> bool:
    return "response" in each or "body" in each or "header" in each


def _check_result(response: dict[str, Any]) -> None:
    """Errors come as an answer too, with another code than 00."""
    header = response.get("header") or response.get("cmmMsgHeader")
    if "OpenAPI_ServiceResponse" in response:
        service = response["OpenAPI_ServiceResponse"]
        header = service.get("cmmMsgHeader") if isinstance(service, dict) else {}
        header = header if isinstance(header, dict) else {}
        header.setdefault("resultCode", header.get("returnReasonCode", "?"))
    if not isinstance(header, dict):
        return
    code = str(header.get("resultCode", header.get("returnReasonCode", "00")))
    if code not in GOOD:
        said = header.get("resultMsg") or header.get("returnAuthMsg") or header.get("errMsg") or ""
        raise UnusableFile(f"The service answered with error {code[:20]}: {str(said)[:200].rstrip('.')}.")
