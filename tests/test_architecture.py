"""The house stands: imports go down only, names say something, modules and functions stay small.

Each rule is a function that lists what breaks it, and is shown a small package that does.
"""

from __future__ import annotations

import ast
import functools
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
GROUND = ("files", "palette")  # modules that every floor may import
FLOORS = (
    "maths",
    "worlds",
    "training",
    "language",
    "experiments",
    "figures",
    "museum",
    "notebook",
    "exercises",
    "explorers",
    "lessons",
    "commands",
)
FORBIDDEN_NAMES = {"utils", "common", "helpers", "core"}
MOST_LINES = 300  # of a module: "about 250"
MOST_BODY_LINES = 45  # of a function, without its docstring: "about 40"
# The curriculum pins this signature, and a learner's own function is called by position.
PINNED = ("ppo_lesson.maths.advantages.gae",)
MOST_ARGUMENTS = 6  # that can be given by position; a formula with more takes them by keyword
DOCUMENTED = FLOORS
MIRRORED = tuple(floor for floor in FLOORS if floor != "lessons")

CARTPOLE = ("CartPole-v1", 475, 520)  # the name; when it is solved; the top of its returns' axis
# The default world; figures, faults and an animation of CartPole alone.
OF_CARTPOLE = (
    "ppo_lesson.training.config",
    "ppo_lesson.figures.debugging_ppo",
    "ppo_lesson.museum.detectors",
    "ppo_lesson.notebook.animation",
)

Function = ast.FunctionDef | ast.AsyncFunctionDef
Rule = Callable[[Path], list[str]]


@functools.cache
def modules(root: Path) -> dict[str, ast.Module]:
    """Read a package's modules: dotted name -> syntax tree. A package goes by its folder's name."""
    trees = {}
    for path in sorted((root / "ppo_lesson").rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        trees[name] = ast.parse(path.read_text(encoding="utf-8"))
    return trees


@functools.cache
def own_imports(root: Path) -> dict[str, set[str]]:
    """Tell which modules of the package each module imports, anywhere in it."""
    trees = modules(root)

    def targets(name: str, tree: ast.Module) -> Iterator[str]:
        is_package = any(other.startswith(f"{name}.") for other in trees)
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                here = name.split(".")[: None if is_package and node.level == 1 else -node.level]
                above = here if node.level else []
                source = ".".join([*above, *([node.module] if node.module else [])])
                for alias in node.names:
                    full = f"{source}.{alias.name}"
                    yield full if full in trees else source

    return {name: {t for t in targets(name, tree) if t in trees} for name, tree in trees.items()}


def height(module: str) -> int:
    """Tell the floor of a module: -1 for the package itself, whose docstring is only a map."""
    parts = module.split(".")
    if len(parts) == 1:
        return -1
    if parts[1] in GROUND:
        return 0
    return len(FLOORS) + 1 if parts[1] == "__main__" else FLOORS.index(parts[1]) + 1


def imports_that_climb(root: Path) -> list[str]:
    return [
        f"{name} imports {target}, from a floor above it"
        for name, targets in own_imports(root).items()
        for target in sorted(targets)
        if height(target) > height(name)
    ]


def circles(root: Path) -> list[str]:
    imports = own_imports(root)
    found = []

    def reach(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            found.append(" imports ".join((*path[path.index(name) :], name)))
        elif name not in done:
            for target in sorted(imports[name]):
                reach(target, (*path, name))
            done.add(name)

    done: set[str] = set()
    for name in imports:
        reach(name, ())
    return found


def names_that_say_nothing(root: Path) -> list[str]:
    return [name for name in modules(root) if FORBIDDEN_NAMES & set(name.split("."))]


def unknown_floors(root: Path) -> list[str]:
    allowed = {*FLOORS, *GROUND, "__main__"}
    return [n for n in modules(root) if "." in n and n.split(".")[1] not in allowed]


def long_modules(root: Path) -> list[str]:
    lines = {
        path: len(path.read_text(encoding="utf-8").splitlines())
        for path in (root / "ppo_lesson").rglob("*.py")
    }
    return [f"{path.name} has {n} lines" for path, n in lines.items() if n > MOST_LINES]


def functions(tree: ast.AST) -> Iterator[Function]:
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def body_lines(function: Function) -> int:
    """Count the lines from the first statement after the docstring to the last."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def long_functions(root: Path) -> list[str]:
    return [
        f"{name}.{function.name} has {body_lines(function)} lines"
        for name, tree in modules(root).items()
        for function in functions(tree)
        if body_lines(function) > MOST_BODY_LINES
    ]


def functions_of_many_arguments(root: Path) -> list[str]:
    return [
        f"{name}.{function.name} takes {count} arguments by position"
        for name, tree in modules(root).items()
        for function in functions(tree)
        if (count := len(function.args.posonlyargs + function.args.args)) > MOST_ARGUMENTS
        and f"{name}.{function.name}" not in PINNED
    ]


def public(tree: ast.Module) -> list[Function | ast.ClassDef]:
    return [
        node
        for node in tree.body
        if isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_")
    ]


def undocumented(root: Path) -> list[str]:
    return [
        f"{name}.{node.name} has no docstring"
        for name, tree in modules(root).items()
        if name.split(".")[1:2] and name.split(".")[1] in DOCUMENTED
        for node in public(tree)
        if not ast.get_docstring(node)
    ]


def arguments_without_a_word(root: Path) -> list[str]:
    """A public formula says of each argument, under ``Args:``, what it is."""
    found = []
    for name, tree in modules(root).items():
        formulas = public(tree) if name.startswith("ppo_lesson.maths") else []
        for node in formulas:
            text = ast.get_docstring(node) or ""
            if not isinstance(node, Function) or "Args:" not in text:
                continue
            described = text.partition("Args:")[2].replace("*", "")
            arguments = node.args.posonlyargs + node.args.args + node.args.kwonlyargs
            missing = [a.arg for a in arguments if f"\n    {a.arg}: " not in described]
            found += [f"{name}.{node.name} does not say what {argument} is" for argument in missing]
    return found


def asserts_that_decide(root: Path) -> list[str]:
    """With -O or PYTHONOPTIMIZE there are none; one may tell the type checker what is not None."""
    return [
        f"{name} line {node.lineno} asserts {ast.unparse(node.test)}"
        for name, tree in modules(root).items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Assert)
        and not re.fullmatch(r"[\w.]+ is not None", ast.unparse(node.test))
    ]


def files_replaced_by_hand(root: Path) -> list[str]:
    """`files.replace_text` follows links, keeps rights and syncs; nobody else does it again."""
    calls = {"os.replace", "os.rename", "tempfile.mkstemp", "tempfile.NamedTemporaryFile"}
    return [
        f"{name} calls {ast.unparse(node)}"
        for name, tree in modules(root).items()
        for node in ast.walk(tree)
        if name != "ppo_lesson.files"
        and isinstance(node, ast.Attribute)
        and ast.unparse(node) in calls
    ]


def words_of_docstrings_at_work(root: Path) -> list[str]:
    """With -OO there are no docstrings: nothing that runs may read one."""
    return [
        f"{name} line {node.lineno} reads a docstring"
        for name, tree in modules(root).items()
        for node in ast.walk(tree)
        if (isinstance(node, ast.Attribute) and node.attr in ("__doc__", "getdoc"))
        or (isinstance(node, ast.Name) and node.id == "__doc__")
    ]


def modules_named_by_a_string(root: Path) -> list[str]:
    """A module that is moved takes no string along: only an import is seen by the rules above."""
    trees = modules(root)
    return [
        f"{name} line {node.lineno} names {node.value!r}"
        for name, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and "." in str(node.value) and node.value in trees
    ]


def unmirrored(root: Path) -> list[str]:
    """The tests of maths/importance.py stand in tests/maths/test_importance.py, and so on.

    What a floor's window holds may be tested in a module that is called like the floor.
    """
    found = []
    for floor in MIRRORED:
        code, tests = root / "ppo_lesson" / floor, root / "tests" / floor
        modules_ = {path.stem for path in code.glob("*.py")} - {"__init__"}
        tested = {path.stem.removeprefix("test_") for path in tests.glob("test_*.py")}
        found += [f"{floor}/{name}.py has no test module" for name in sorted(modules_ - tested)]
        strays = sorted(tested - modules_ - {floor})
        found += [f"tests/{floor}/test_{name}.py tests no module" for name in strays]
    return found


def numbers_of_cartpole(root: Path) -> list[str]:
    """What works for any world asks for its name, and knows no number of CartPole."""
    found = []
    for name, tree in modules(root).items():
        if name in OF_CARTPOLE or not name.startswith(
            ("ppo_lesson.training", "ppo_lesson.figures", "ppo_lesson.notebook")
        ):
            continue
        constants = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
        found += [f"{name} knows {value}" for value in CARTPOLE if value in constants]
    return found


B = {"worlds/b.py": ""}
LONG_BODY = "def f():\n" + "    x = 1\n" * 46
MANY = "def f(a, b, c, d, e, f, g): ..."
NAMELESS = '''
def ratio(log_prob, *, beta):
    """Divide.

    Args:
        log_prob: what it is.
    """
'''

# Each rule with a package of two or three files that breaks it, and a word of the complaint.
RULES: list[tuple[Rule, dict[str, str], str]] = [
    (imports_that_climb, {"maths/a.py": "from ppo_lesson.worlds import b"} | B, "worlds.b"),
    (imports_that_climb, {"maths/a.py": "from ..worlds.b import c"} | B, "worlds.b"),
    (
        imports_that_climb,
        {"maths/a.py": "def f():\n    import ppo_lesson.worlds.b"} | B,
        "worlds.b",
    ),
    (imports_that_climb, {"__init__.py": "import ppo_lesson.worlds.b"} | B, "worlds.b"),
    (circles, {"maths/a.py": "from . import b", "maths/b.py": "from .a import f"}, "maths.a"),
    (
        circles,
        {"maths/__init__.py": "from ppo_lesson.maths.a import f", "maths/a.py": "from . import g"},
        "maths.a",
    ),
    (names_that_say_nothing, {"maths/utils.py": ""}, "utils"),
    (names_that_say_nothing, {"core/a.py": ""}, "core"),
    (unknown_floors, {"cellar/a.py": ""}, "cellar"),
    (long_modules, {"maths/a.py": "x = 1\n" * 301}, "301"),
    (long_functions, {"maths/a.py": LONG_BODY}, "46"),
    (functions_of_many_arguments, {"maths/a.py": MANY}, "7"),
    (undocumented, {"worlds/a.py": "class World: ..."}, "World"),
    (arguments_without_a_word, {"maths/a.py": NAMELESS}, "beta"),
    (imports_that_climb, {"files.py": "from ppo_lesson.maths import a", "maths/a.py": ""}, "files"),
    (asserts_that_decide, {"maths/a.py": "assert f(x) is not None"}, "f(x)"),
    (files_replaced_by_hand, {"notebook/a.py": "import os\nos.replace(a, b)"}, "os.replace"),
    (words_of_docstrings_at_work, {"maths/a.py": "text = f.__doc__"}, "docstring"),
    (numbers_of_cartpole, {"training/a.py": "def f(env_id='CartPole-v1'): ..."}, "CartPole"),
    (numbers_of_cartpole, {"figures/a.py": "def f(ax): ax.axhline(475)"}, "475"),
    (
        modules_named_by_a_string,
        {"maths/a.py": "import sys\nsys.modules.get('ppo_lesson.worlds.b')"} | B,
        "worlds.b",
    ),
    (unmirrored, {"maths/a.py": ""}, "maths/a.py"),
    (unmirrored, {"../tests/maths/test_a.py": ""}, "test_a.py"),
]


@pytest.mark.parametrize(
    "rule", dict.fromkeys(rule for rule, _, _ in RULES), ids=lambda r: r.__name__
)
def test_the_package_has_none_of(rule: Rule) -> None:
    assert rule(ROOT) == []


@pytest.mark.parametrize(
    ("rule", "files", "word"), RULES, ids=lambda value: getattr(value, "__name__", "")
)
def test_a_rule_finds_what_breaks_it(
    rule: Rule, files: dict[str, str], word: str, tmp_path: Path
) -> None:
    for name, text in files.items():
        path = tmp_path / "ppo_lesson" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    complaints = rule(tmp_path)
    assert len(complaints) >= 1
    assert all(word in complaint for complaint in complaints)


def test_importing_the_package_loads_no_torch_and_nothing_else_that_is_slow() -> None:
    slow = {"torch", "numpy", "matplotlib", "gymnasium", "IPython"}
    program = f"import sys, ppo_lesson; print(sorted({slow} & set(sys.modules)))"
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"
