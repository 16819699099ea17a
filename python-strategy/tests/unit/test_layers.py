"""The floor plan, checked on every run: imports point down, siblings never meet, the brain touches nothing
outside.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SRC = Path(__file__).resolve().parents[2] / "src"
FLOOR = {
    "_native": 0,
    "domain": 1,
    "indicators": 2,
    "data_client": 2,
    "runtime": 2,
    "persistence": 2,
    "reports": 2,
    "event_detector": 3,
    "trading_engine": 4,
    "session": 5,
    "app": 6,
    "backtest": 6,
    "optimize": 7,
    "cli": 8,
    "main": 8,
}
NATIVE = "_native"
BRAIN = {"domain", "indicators", "event_detector", "trading_engine", "session"}
OUTSIDE = {
    "asyncio",
    "datetime",
    "io",
    "logging",
    "msgpack",
    "os",
    "pathlib",
    "psutil",
    "random",
    "select",
    "signal",
    "socket",
    "structlog",
    "subprocess",
    "sys",
    "threading",
    "time",
    "uuid",
    "zmq",
}
DOORS = {"open", "print", "input"}
MAIN_LINES = 70
MOST_LINES = 330
FILES = sorted(SRC.rglob("*.py"))


def room_of(path: Path) -> str:
    first = path.relative_to(SRC).parts[0]
    return first.removesuffix(".py")


def imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: relative imports hide where they lead"
            if node.module == "src":
                yield from ((node.lineno, f"src.{name.name}") for name in node.names)
            else:
                yield node.lineno, node.module or ""
        elif isinstance(node, ast.Import):
            for name in node.names:
                yield node.lineno, name.name


@pytest.fixture(scope="module")
def trees() -> dict[Path, ast.Module]:
    return {path: ast.parse(path.read_text(encoding="utf-8")) for path in FILES}


def test_every_room_has_a_floor_and_a_face():
    rooms = {room_of(path) for path in FILES} - {"__init__"}
    assert rooms == set(FLOOR) - {NATIVE}
    for room in rooms - {"main"}:
        face = ast.get_docstring(ast.parse((SRC / room / "__init__.py").read_text(encoding="utf-8"))) or ""
        assert "Belongs here:" in face, room
        assert "Never here:" in face, room


def test_imports_point_down(trees):
    faults = []
    for path, tree in trees.items():
        here = room_of(path)
        for line, module in imports(tree):
            first, *rest = module.split(".")
            if first != "src" or here == "__init__":
                continue
            there = rest[0] if rest else "src"
            if there != here and FLOOR[there] >= FLOOR[here]:
                faults.append(f"{path.relative_to(SRC)}:{line} imports {there}")
    assert faults == []


def test_nobody_imports_the_roof_by_itself(trees):
    """`main` and `cli` are siblings: neither needs the other."""
    faults = [
        f"{path.relative_to(SRC)}:{line}"
        for path, tree in trees.items()
        for line, module in imports(tree)
        if module == "src.main" or (module.startswith("src.cli") and room_of(path) != "cli")
    ]
    assert faults == []


def test_the_brain_holds_no_socket_no_file_and_no_clock(trees):
    faults = []
    for path, tree in trees.items():
        if room_of(path) not in BRAIN:
            continue
        faults += [
            f"{path.relative_to(SRC)}:{line} imports {module}"
            for line, module in imports(tree)
            if module.split(".")[0] in OUTSIDE
        ]
        faults += [
            f"{path.relative_to(SRC)}:{node.lineno} calls {node.func.id}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in ("open", "print", "input")
        ]
    assert faults == []


def test_one_staircase_between_money_and_statistics(trees):
    """Only `domain/numbers.py` makes a Decimal of a value or a float of a Decimal, and `decimals.py` reads
    both from text.
    """
    stairs = {SRC / "domain" / "numbers.py", SRC / "data_client" / "decimals.py"}
    faults = []
    for path, tree in trees.items():
        if path in stairs:
            continue
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args):
                continue
            literal = isinstance(node.args[0], ast.Constant)
            if node.func.id == "Decimal" and not literal:
                faults.append(f"{path.relative_to(SRC)}:{node.lineno} makes a Decimal")
            if (
                node.func.id == "float"
                and not literal
                and room_of(path) in BRAIN
                and path.name != "config.py"
            ):
                faults.append(f"{path.relative_to(SRC)}:{node.lineno} makes a float")
    assert faults == []


def test_one_file_reads_the_wall_clock(trees):
    readers = {
        str(path.relative_to(SRC))
        for path, tree in trees.items()
        for _, module in imports(tree)
        if module == "time"
    }
    assert readers == {"runtime/clock.py"}


def test_only_the_adapters_know_the_sockets(trees):
    users = {
        room_of(path)
        for path, tree in trees.items()
        for _, module in imports(tree)
        if module.split(".")[0] == "zmq"
    }
    assert users <= {"data_client", "app"}


def test_main_stays_small():
    assert len((SRC / "main.py").read_text(encoding="utf-8").splitlines()) <= MAIN_LINES


def test_files_stay_small_enough_to_hold_in_the_head():
    lengths = {
        str(path.relative_to(SRC)): len(path.read_text(encoding="utf-8").splitlines()) for path in FILES
    }
    assert {name: lines for name, lines in lengths.items() if lines > MOST_LINES} == {}
