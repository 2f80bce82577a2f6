"""What the architecture test measures: each function takes sources and returns the faults it finds."""

import ast
import re
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

BOTTOM = (
    "errors",
    "clock",
    "crypto",
    "digests",
    "settings",
    "model",
    "origin",
    "password_policy",
    "password_pool",
    "totp",
)

_DOMAIN = ("domain", "store", "connectors", "db")

# For each floor: the floors it may import beside itself. A floor that is not listed may import nothing of ours.
FLOORS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(BOTTOM, BOTTOM),
    "": (),  # vestibule/__init__.py: the version
    "http": BOTTOM,
    "db": BOTTOM,
    "store": (*BOTTOM, "db"),
    "connectors": (*BOTTOM, "db", "http"),
    "ui": (*BOTTOM, "http"),
    "domain": (*BOTTOM, "db", "store", "connectors"),
    "oidc": (*BOTTOM, *_DOMAIN, "http", "ui"),
    "api": (*BOTTOM, *_DOMAIN, "http", "ui"),
    "pages": (*BOTTOM, *_DOMAIN, "http", "ui"),
    "app": (*BOTTOM, *_DOMAIN, "http", "ui", "oidc", "api", "pages"),
    "client": (),
    "account": ("errors", "clock", "crypto", "settings", "password_policy", "totp", "http", "db", "ui", "client"),
    "cli": (*BOTTOM, *_DOMAIN, "http", "api", "client", "account", "app"),
    "__main__": (*BOTTOM, "cli"),
}

EVERYBODY = ("",)  # the version in vestibule/__init__.py is for everybody

NOW = re.compile(r"^(time\.(time|time_ns)|(datetime\.)?(datetime|date)\.(now|utcnow|today))$")
RANDOM = re.compile(r"^(random|secrets|uuid)(\..*)?$|^os\.urandom$")

BY_NAME = ("importlib.import_module", "__import__")
IMPORTERS = ("vestibule.__main__", "vestibule.db.alembic_child")

WORDS = re.compile(r"\b(TODO|FIXME)\b")
REGISTRY = re.compile(
    r"pypi\.|pythonhosted|registry\.npmjs|npmjs\.(org|com)|registry\.yarnpkg|index-url|files\.python", re.IGNORECASE
)
MACHINE = re.compile(r"(?<![\w.])/(home|Users|root|work)/\w|/tmp/brief|file:///(home|Users|root|work)")
# These name registries or machine paths because they look for them.
LOOKERS = {"tests/architecture.py", "tests/test_architecture.py"}


@dataclass(frozen=True)
class Source:
    """A parsed file and its dotted name."""

    module: str
    text: str
    tree: ast.Module
    is_package: bool = False

    @classmethod
    def of(cls, module: str, text: str, *, is_package: bool = False) -> "Source":
        """Parse a text."""
        return cls(module, text, ast.parse(text), is_package)

    @property
    def lines(self) -> int:
        """How many lines it has."""
        return self.text.count("\n")

    @property
    def documented(self) -> bool:
        """Whether it begins with words."""
        return bool(ast.get_docstring(self.tree)) or not self.tree.body

    @property
    def floor(self) -> str:
        """The part of the package it belongs to."""
        return [*self.module.split("."), ""][1]


def sources(root: Path) -> list[Source]:
    """Parse every Python file below `src` or `tests`."""
    base = root if root.name == "src" else root.parent
    found = []
    for path in sorted(root.rglob("*.py")):
        if "node_modules" in path.parts:
            continue
        parts = path.relative_to(base).with_suffix("").parts
        is_package = parts[-1] == "__init__"
        found.append(Source.of(".".join(parts[:-1] if is_package else parts), path.read_text(), is_package=is_package))
    return found


def imports(source: Source) -> Iterator[tuple[str, int]]:
    """Yield each imported name in full, with its line; `from x import y` yields `x.y`."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = source.module.split(".")
                kept = parts[: len(parts) - node.level + (1 if source.is_package else 0)]
                base = ".".join([*kept, *([node.module] if node.module else [])])
            yield from ((f"{base}.{alias.name}", node.lineno) for alias in node.names)


def wrong_imports(files: Iterable[Source]) -> list[str]:
    """Name every import of ours that the floors do not allow."""
    wrong = []
    for source in files:
        allowed = {source.floor, *FLOORS.get(source.floor, ()), *EVERYBODY}
        for name, line in imports(source):
            parts = name.split(".")
            if parts[0] != "vestibule":
                continue
            target = parts[1] if len(parts) > 1 and parts[1] in FLOORS else ""
            unknown = source.floor not in FLOORS
            if unknown or target not in allowed:
                wrong.append(f"{source.module}:{line} imports {name}")
    return wrong


def hidden_imports(files: Iterable[Source]) -> list[str]:
    """Name imports inside functions, and modules imported by a computed name outside `__main__` and Alembic's child."""
    wrong = []
    for source in files:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                inner = [item for item in ast.walk(node) if isinstance(item, ast.Import | ast.ImportFrom)]
                wrong += [f"{source.module}:{item.lineno}" for item in inner]
            if isinstance(node, ast.Call) and dotted(node.func) in BY_NAME and source.module not in IMPORTERS:
                wrong.append(f"{source.module}:{node.lineno}")
    return wrong


def function_lengths(files: Iterable[Source], longest: int = 0) -> dict[str, int]:
    """Return the lines of every function, by its full name; with `longest`, only of those above it."""
    found: dict[str, int] = {}
    for source in files:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
                length = node.end_lineno - node.lineno + 1
                name = f"{source.module}.{node.name}"
                found[name if name not in found else f"{name}:{node.lineno}"] = length
    return {name: length for name, length in found.items() if length > longest}


def percentile(values: Iterable[int], percent: int) -> int:
    """Return the smallest value that `percent` of all values do not exceed."""
    ordered = sorted(values)
    return ordered[-(-len(ordered) * percent // 100) - 1]


def dotted(node: ast.AST) -> str:
    """Return `a.b.c` for an attribute of names, otherwise an empty text."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        base = dotted(node.value)
        return f"{base}.{node.attr}" if base else ""
    return ""


def stray_sources(files: Iterable[Source]) -> list[str]:
    """Name places outside `clock` that read the time, and outside `crypto` that make randomness."""
    wrong = []
    for source in files:
        names = [(name, line) for name, line in imports(source)]
        names += [(dotted(n), n.lineno) for n in ast.walk(source.tree) if isinstance(n, ast.Attribute)]
        for name, line in names:
            time = NOW.match(name) and source.module != "vestibule.clock"
            noise = RANDOM.match(name) and source.module != "vestibule.crypto"
            if time or noise:
                wrong.append(f"{source.module}:{line} uses {name}")
    return wrong


def forbidden(files: Iterable[Source]) -> list[tuple[str, str]]:
    """Name `assert` (A30), skipped tests, notes to oneself and the slow kind of middleware: (place, fault)."""
    wrong = []
    for source in files:
        is_test = source.module.startswith("tests")
        for number, line in enumerate(source.text.splitlines(), 1):
            wrong += [(f"{source.module}:{number}", str(word)) for word in WORDS.findall(line)]
        for name, at in imports(source):
            if name.endswith("BaseHTTPMiddleware"):
                wrong.append((f"{source.module}:{at}", "BaseHTTPMiddleware"))
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Assert) and not is_test:
                wrong.append((f"{source.module}:{node.lineno}", "assert"))
            if isinstance(node, ast.Name) and node.id == "__debug__":
                wrong.append((f"{source.module}:{node.lineno}", "__debug__"))
            if isinstance(node, ast.Attribute):
                match = re.match(r"^pytest\.(?:mark\.)?(skip|xfail|skipif|importorskip)$", dotted(node))
                if match:
                    wrong.append((f"{source.module}:{node.lineno}", match[1]))
    return wrong


def names_a_machine(line: str) -> bool:
    """Tell whether a line names a package registry or a path of somebody's machine."""
    return bool(REGISTRY.search(line) or MACHINE.search(line))


def addresses(root: Path) -> list[str]:
    """Name the lines of tracked text files that name a registry or a machine."""
    listed = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z"], cwd=root, capture_output=True, check=True
    ).stdout
    wrong = []
    for name in listed.decode().split("\0"):
        path = root / name
        if not name or name in LOOKERS or not path.is_file():
            continue
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if names_a_machine(line):
                wrong.append(f"{name}:{number}")
    return wrong
