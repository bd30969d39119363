"""The rules of the house that a reader of the code can rely on. Who may import whom: pyproject.toml."""

import ast
import functools
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "sarangbang"
MOST_LINES = 400
VAGUE = {"utils", "util", "helpers", "helper", "common", "managers", "manager", "misc", "stuff", "tools", "shared"}

MODULES = sorted(PACKAGE.rglob("*.py"))
OURS = [path for path in MODULES if not {"tests", "testing", "migrations"} & set(path.parts)]
TEMPLATES = sorted([*PACKAGE.rglob("templates/**/*.html"), *PACKAGE.rglob("templates/**/*.svg")])


def name(path):
    return str(path.relative_to(ROOT))


@functools.cache
def nodes(path):
    """Every node of a module's syntax."""
    return tuple(ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))))


@pytest.fixture(scope="module", autouse=True)
def _forgotten_afterwards():
    yield
    nodes.cache_clear()


def those_with(paths, search):
    """What ``search`` finds, by the file in which it does: empty when all is well."""
    return {name(path): found for path in paths if (found := search(path))}


def test_a_module_is_one_sitting_long():
    lines = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in OURS}
    assert {module: length for module, length in lines.items() if length > MOST_LINES} == {}


def test_every_module_is_named_after_what_it_has():
    vague = [name(path) for path in MODULES if VAGUE & {path.stem, *path.relative_to(PACKAGE).parts}]
    assert vague == []


def test_nothing_is_left_for_later():
    marks = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    files = [*MODULES, *TEMPLATES, *PACKAGE.rglob("*.css"), *(ROOT / "docs").rglob("*.md")]
    assert [name(path) for path in files if marks.search(path.read_text(encoding="utf-8"))] == []


# --- Views start from what the reader may see -------------------------------------------------------------------------


def managers_asked(path):
    """Lines where a model's manager is asked: ``X.objects`` or ``X._default_manager``."""
    return [
        node.lineno
        for node in nodes(path)
        if isinstance(node, ast.Attribute) and node.attr in {"objects", "_default_manager", "_base_manager"}
    ]


def answers_requests(path):
    """Whether a module has a function whose first argument is the request: a view, by whatever name."""
    functions = [node for node in nodes(path) if isinstance(node, ast.FunctionDef)]
    return any([word.arg for word in function.args.args[:1]] == ["request"] for function in functions)


def test_views_ask_queries_and_never_a_manager():
    views = [path for path in OURS if answers_requests(path)]
    assert views
    assert those_with(views, managers_asked) == {}


# --- Verbs write, nothing else does -----------------------------------------------------------------------------------

WRITES = {"save", "create", "update", "delete", "bulk_create", "bulk_update", "get_or_create", "update_or_create"}
WRITES |= {"add", "write"}  # of rows
ASKS_FIRST = {"objects", "_default_manager", "filter", "exclude", "all", "select_for_update", "order_by", "using"}


def writes(path):
    """Lines that write to the database: a writing call on a queryset, or ``.save()``/``.delete()`` on an object.

    ``dict.update``, ``hashlib…update`` and the like are not meant: for ``create``, ``update`` and the other queryset
    words the chain must come from a manager or a queryset method; ``save`` and ``delete`` count on anything that is
    not called a form, a field, a file or a cache. ``rows.add`` and ``rows.write`` write new rows.
    """
    found = []
    for node in nodes(path):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in WRITES):
            continue
        chain = chain_of(node.func.value)
        if node.func.attr in {"save", "delete"}:
            innocent = {"super", "form", "cache", "session", "cookies"} & {word.lower() for word in chain}
            if not innocent:
                found.append(node.lineno)
        elif node.func.attr in {"add", "write"}:
            if chain == ["rows"]:
                found.append(node.lineno)
        elif ASKS_FIRST & set(chain):
            found.append(node.lineno)
    return found


def chain_of(node):
    """The words of an expression like ``Guest.objects.filter(…)``: ["filter", "objects", "Guest"]."""
    words = []
    while True:
        if isinstance(node, ast.Call):
            node = node.func
        elif isinstance(node, ast.Attribute):
            words.append(node.attr)
            node = node.value
        elif isinstance(node, ast.Subscript):
            node = node.value
        elif isinstance(node, ast.Name):
            return [*words, node.id]
        else:
            return words


# Modules in which verbs live besides ``actions``; each is a verb by its own name and is listed here on purpose.
VERBS = {
    "actions": "the verbs",
    "importing": "the importer's verbs",
    "demo": "fills an empty database",
    "messages/delivery.py": "sending: lease, receipt, outcome",
    "messages/queue.py": "tasks that wait",
    "messages/worker.py": "heartbeat",
    "messages/periodic.py": "whose turn it is",
    "people/links.py": "issuing and revoking links",
    "people/codes.py": "issuing and consuming one-time codes",
    "people/models.py": "making accounts",
    "scheduling/holding.py": "claims and holds",
    "scheduling/housekeeping.py": "tidying up",
    "scheduling/rostering.py": "hours, leave, closures",
    "scheduling/ruling.py": "booking rules, needs, pathways, reminders",
    "stays/flights.py": "flights, as told and as expected",
    "scheduling/reminders.py": "planning and settling reminders",
    "scheduling/waiting/answers.py": "taking and declining what was offered",
    "scheduling/waiting/joining.py": "joining and leaving",
    "scheduling/waiting/rounds.py": "offering freed times",
    "scheduling/waiting/steps.py": "steps, locks and letters of the waiting list",
    "stays/adopting.py": "booked times that need a stay",
    "stays/waiting.py": "waiting as a guest",
    "stays/proof.py": "proving an address",
    "stays/promises.py": "promising and keeping",
}


def is_verb(path):
    inside = path.relative_to(PACKAGE)
    return str(inside) in VERBS or inside.stem in VERBS or bool(set(inside.parts) & VERBS.keys())


def test_only_verbs_write():
    assert those_with([path for path in OURS if not is_verb(path)], writes) == {}


def test_the_check_for_writes_sees_them(tmp_path):
    module = tmp_path / "views.py"
    module.write_text(
        "Guest.objects.create(name='x')\n"
        "Guest.objects.filter(pk=1).update(name='y')\n"
        "guest.save(update_fields=['name'])\n"
        "request.user.memberships.all().delete()\n"
        "rows.add(guest)\n"
        "seen.update({1: 2})\nform.save()\ncache.delete('k')\ndict(a=1).update(b=2)\nseen.add(1)\n",
        encoding="utf-8",
    )
    assert writes(module) == [1, 2, 3, 4, 5]


# --- Pages stay at home and inside the content security policy --------------------------------------------------------

LOADED = re.compile(
    r"<(?:script|link|img|iframe|source|video|audio|object|embed|use|image)\b[^>]*>", re.IGNORECASE | re.DOTALL
)
FOREIGN = re.compile(r"""(?:src|srcset|href|data|xlink:href)\s*=\s*["']?\s*(?:https?:)?//""", re.IGNORECASE)
INLINE = re.compile(r"""\son[a-z]+\s*=|\sstyle\s*=|javascript:|<style\b""", re.IGNORECASE)
SCRIPT = re.compile(r"<script\b([^>]*)>(.*?)</script>", re.IGNORECASE | re.DOTALL)


def foreign_tags(path):
    return [tag for tag in LOADED.findall(path.read_text(encoding="utf-8")) if FOREIGN.search(tag)]


def inline_parts(path):
    """Scripts and styles in the middle of a page, comments apart."""
    text = re.sub(r"{#.*?#}|{% comment %}.*?{% endcomment %}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    tags = re.findall(r"<[a-z][^>]*>", text, re.IGNORECASE | re.DOTALL)
    scripts = [body for attributes, body in SCRIPT.findall(text) if body.strip() and "application/" not in attributes]
    return [*(tag for tag in tags if INLINE.search(tag)), *scripts]


def test_a_template_loads_nothing_from_another_host():
    assert TEMPLATES
    assert those_with(TEMPLATES, foreign_tags) == {}


def test_a_template_has_no_inline_script_or_style():
    assert those_with(TEMPLATES, inline_parts) == {}


def test_the_checks_of_templates_see_what_they_look_for(tmp_path):
    page = tmp_path / "page.html"
    page.write_text('<script src="//cdn.example/x.js"></script><p onclick="x()" style="a"><script>x()</script>')
    assert len(foreign_tags(page)) == 1
    assert len(inline_parts(page)) == 2


def test_a_stylesheet_loads_nothing_from_another_host():
    foreign = re.compile(r"""(?:url\(|@import)\s*["']?\s*(?:https?:)?//""")
    sheets = sorted(PACKAGE.rglob("static/**/*.css"))
    assert sheets
    assert those_with(sheets, lambda path: foreign.findall(path.read_text(encoding="utf-8"))) == {}


# --- The project speaks only of itself --------------------------------------------------------------------------------


def test_the_environment_is_read_in_one_place():
    readers = [
        name(path)
        for path in OURS
        for node in nodes(path)
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}
    ]
    allowed = {
        f"src/sarangbang/{place}"
        for place in ("cli.py", "config/environment.py", "config/running.py", "config/wsgi.py")
    }
    assert set(readers) <= allowed


def test_texts_are_marked_by_names_that_extraction_knows() -> None:
    """Extraction finds ``_``, ``gettext`` and its kin by name; under another name a text is never translated."""
    pattern = re.compile(r"import .*\bn?p?gettext\w* as (?!_\b)\w+")
    found = [str(path) for path in sorted(PACKAGE.rglob("*.py")) if pattern.search(path.read_text(encoding="utf-8"))]
    assert not found
