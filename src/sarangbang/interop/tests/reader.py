"""A program that knows nothing of the house but its document: it finds calls by ``operationId`` or by the links of an
answer, and fills addresses and bodies from what it was told before and from the examples of the schema."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.test import Client

Json = dict[str, Any]


class Reader:
    """Reads ``/api/v1/openapi.json`` once and asks calls by their names."""

    def __init__(self, client: Client, **headers: str) -> None:
        self.client, self.headers = client, headers
        self.document: Json = client.get("/api/v1/openapi.json").json()
        self.calls: dict[str, tuple[str, str, Json]] = {
            call["operationId"]: (method, path, call)
            for path, calls in self.document["paths"].items()
            for method, call in calls.items()
        }

    def ask(self, name: str, known: Mapping[str, Any], body: Any = None, **headers: str) -> tuple[int, Any]:
        """Call an operation: parameters and body by name from ``known``, the rest of a body from the examples."""
        method, path, call = self.calls[name]
        query = {}
        for parameter in call["parameters"]:
            if parameter["name"] not in known:
                assert parameter["in"] != "path", parameter
                assert not parameter.get("required"), parameter
            elif parameter["in"] == "path":
                path = path.replace("{" + parameter["name"] + "}", str(known[parameter["name"]]))
            elif parameter["in"] == "query":
                query[parameter["name"]] = known[parameter["name"]]
        sent = {**self.headers, **headers}
        if method == "get":
            answer = self.client.get(path, query, headers=sent)
        else:
            if body is None:
                body = self.filled(call["requestBody"]["content"]["application/json"]["schema"], known)
            answer = self.client.post(path, json.dumps(body), content_type="application/json", headers=sent)
        assert str(answer.status_code) in call["responses"], (name, answer.status_code, answer.content)
        return answer.status_code, answer.json()

    def follow(self, name: str, status: int, answer: Any, link: str, **more: Any) -> tuple[int, Any]:
        """The call to which a link of that answer leads, with what the link takes from the answer."""
        meant = self.calls[name][2]["responses"][str(status)]["links"][link]
        known = {word: self.taken(where, answer) for word, where in meant.get("parameters", {}).items()}
        body = self.taken(meant["requestBody"], answer) if "requestBody" in meant else None
        return self.ask(meant["operationId"], {**known, **more}, body)

    def taken(self, where: str, answer: Any) -> Any:
        """What a runtime expression means: ``$response.body#/items/0/slug``."""
        found = answer
        for step in where.removeprefix("$response.body#/").split("/"):
            found = found[int(step)] if isinstance(found, list) else found[step]
        return found

    def filled(self, schema: Json, known: Mapping[str, Any]) -> Any:
        """A body of this schema: needed fields, and those that are known."""
        schema = self.resolved(schema)
        body = {}
        for name, field in schema.get("properties", {}).items():
            if name in known:
                body[name] = known[name]
            elif name in schema.get("required", ()):
                whole = self.resolved(field)
                examples = field.get("examples", whole.get("examples"))
                body[name] = examples[0] if examples else self.filled(whole, known)
        return body

    def resolved(self, schema: Json) -> Json:
        for choice in (schema, *schema.get("anyOf", ()), *schema.get("allOf", ())):
            if "$ref" in choice:
                return self.document["components"]["schemas"][choice["$ref"].rsplit("/", 1)[-1]]
        return schema
