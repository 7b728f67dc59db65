"""The checker says what is wrong, whatever a learner's function does, and leaves no trace."""

from __future__ import annotations

import dataclasses
import functools
import inspect
import os
import random
import re
import sys
import threading
import types
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from IPython.display import Markdown
from torch import Tensor

from ppo_lesson import maths
from ppo_lesson.exercises import checker, guard, progress, rules
from ppo_lesson.exercises.checker import check, hint, show_solution
from ppo_lesson.exercises.exercise import Case, Exercise, Mistake, Property
from ppo_lesson.lessons import EXERCISES


def _numbers(count: int, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(count, generator=generator, dtype=torch.float64)


def _case(count: int, seed: int) -> Case:
    log_prob, old_log_prob = -_numbers(count, seed).abs(), -_numbers(count, seed + 1).abs()
    inputs = {"log_prob": log_prob, "old_log_prob": old_log_prob}
    return Case({**inputs, "advantage": _numbers(count, seed + 2)}, f"{count} samples")


def right(log_prob, old_log_prob, advantage):
    return -(torch.exp(log_prob - old_log_prob) * advantage.detach()).mean()


EXERCISE = Exercise(
    id="surrogate_loss",
    prompt="Minus the mean of ratio times advantage; the advantage is a constant.",
    reference=maths.surrogate_loss,
    cases=(_case(5, 0), _case(2, 10), _case(20, 20)),
    hints=("The idea.", "The structure.", "Almost the code."),
    mistakes=(
        Mistake("The sign is the wrong way round.", lambda **k: -right(**k)),
        Mistake(
            "You took the sum.",
            lambda log_prob, **k: right(log_prob, **k) * len(log_prob),
        ),
    ),
    wrt=("log_prob",),
    constants=("advantage",),
    properties=(
        Property(
            "Twice the advantage gives twice the loss.",
            lambda f: torch.allclose(
                2 * f(**EXERCISE.cases[0].inputs),
                f(**{**EXERCISE.cases[0].inputs, "advantage": 2 * _case(5, 0).inputs["advantage"]}),
            ),
        ),
    ),
)


def stub(log_prob, old_log_prob, advantage):
    raise NotImplementedError


def test_a_right_answer_is_correct_and_a_stub_is_not_started():
    assert check(EXERCISE, right).status == "correct"
    assert check(EXERCISE, maths.surrogate_loss).status == "correct"
    assert check(EXERCISE, stub).status == "not started"


def test_a_stub_with_a_message_is_not_started_but_torchs_own_complaint_is_an_error():
    def with_message(log_prob, old_log_prob, advantage):
        raise NotImplementedError("your code here")

    def torch_complains(log_prob, old_log_prob, advantage):
        return torch.distributions.Distribution(validate_args=False).entropy()

    def kernel_is_missing(log_prob, old_log_prob, advantage):
        return torch.empty(2, device="meta").cpu()

    assert check(EXERCISE, with_message).status == "not started"
    assert check(EXERCISE, torch_complains).status == "wrong"
    assert check(EXERCISE, kernel_is_missing).status == "wrong"


def test_a_known_slip_is_named_and_another_one_gets_the_property_that_fails():
    slip = check(EXERCISE, lambda **k: -right(**k))
    assert (slip.status, slip.message) == ("wrong", "The sign is the wrong way round.")
    unknown = check(EXERCISE, lambda advantage, **k: right(advantage=advantage + 1, **k))
    assert unknown.status == "wrong"
    assert unknown.message.endswith("Twice the advantage gives twice the loss.")
    scaled = check(EXERCISE, lambda **k: 3 * right(**k))  # keeps the property
    assert scaled.message == "Your function runs, but its value is not the right one."


def test_a_slip_in_the_value_is_named_even_where_the_gradient_is_lost_too():
    assert check(EXERCISE, lambda **k: -right(**k).detach()).message == (
        "The sign is the wrong way round."
    )


def test_a_failure_shows_the_smallest_failing_input_and_the_own_output_and_no_other_number():
    verdict = check(EXERCISE, lambda **k: 3 * right(**k))
    shown = dict(verdict.details)
    smallest = EXERCISE.cases[1]  # two samples
    assert list(shown) == ["Smallest input that fails (2 samples)", "Your function returned"]
    expected = right(**smallest.inputs)
    assert shown["Your function returned"] == f"{3 * expected:.4g}"
    assert f"{expected:.4g}" not in repr(verdict)


def test_right_on_ordinary_numbers_and_wrong_on_an_edge_is_fragile():
    inputs = {**_case(1, 0).inputs, "log_prob": torch.tensor([-900.0], dtype=torch.float64)}
    impossible = Case(inputs, "an action has become impossible", edge=True)
    exercise = Exercise(**{**vars(EXERCISE), "cases": (*EXERCISE.cases, impossible)})

    def breaks(log_prob, old_log_prob, advantage):
        zero = 0 * torch.exp(-log_prob).mean()  # NaN where the exponential overflows
        return right(log_prob, old_log_prob, advantage) + zero

    verdict = check(exercise, breaks)
    assert verdict.status == "fragile"
    assert verdict.message == (
        "Right on ordinary numbers, but it breaks where an action has become impossible. "
        "Your function returned NaN. Which step makes it?"
    )


def test_float32_is_accepted_and_half_precision_is_not():
    assert check(EXERCISE, lambda **k: right(**{n: x.float() for n, x in k.items()})).status == (
        "correct"
    )
    assert "float16" in check(EXERCISE, lambda **k: right(**k).half()).message


def test_another_convention_that_is_as_right_is_accepted():
    exercise = Exercise(
        id="normalise_advantage",
        prompt="",
        reference=maths.normalise_advantage,
        cases=tuple(Case({"advantage": _numbers(n, n)}) for n in (2, 3, 7)),
        hints=("", "", ""),
        mistakes=(),
        alternatives=(lambda advantage: (advantage - advantage.mean()) / advantage.std(),),
    )
    assert check(exercise, exercise.alternatives[0]).status == "correct"
    assert check(exercise, lambda advantage: advantage / advantage.std()).status == "wrong"


# --- whatever a learner's function does --------------------------------------------------------


def _remembers() -> Callable[..., Any]:
    calls: list[int] = []

    def answer(**k):
        calls.append(1)
        return right(**k) if len(calls) <= len(EXERCISE.cases) else right(**k) + 1

    return answer


def _for_ever(**k):
    while True:
        pass


def _after(effect: Callable[[], object]) -> Callable[..., Any]:
    def answer(**k):
        effect()
        return right(**k)

    return answer


def _raise(error: BaseException) -> Callable[..., Any]:
    def answer(**k):
        raise error

    return answer


class UnspeakableError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


class Hostile:
    def __getattribute__(self, name: str):
        raise RuntimeError("do not look at me")

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("do not compare me")

    __hash__ = None  # type: ignore[assignment]


class Tagged(Tensor):
    pass


def _recursion(**k):
    return _recursion(**k)


def _in_place(log_prob, old_log_prob, advantage):
    result = right(log_prob, old_log_prob, advantage)
    with torch.no_grad():
        advantage -= advantage.mean()
    return result


def _own_generator(**k):
    return right(**k) + torch.rand((), generator=torch.Generator().manual_seed(os.getpid()))


async def _async(**k):
    return right(**k)


# What it does -> the function, and words of the message that must come.
FAULTS: dict[str, tuple[Any, str]] = {
    "returns None": (lambda **k: None, "Is a `return` missing?"),
    "returns a Python float": (lambda **k: right(**k).item(), "returned a Python number"),
    "returns a list": (lambda **k: [right(**k)], "returned a list"),
    "returns a tuple": (lambda **k: (right(**k),), "returned a tuple"),
    "returns a string": (lambda **k: "0.1", "returned a str"),
    "returns a NumPy array": (lambda **k: right(**k).detach().numpy(), "returned a NumPy array"),
    "returns a function": (lambda **k: right, "returned a function"),
    "is async": (_async, "returned a coroutine"),
    "returns an object that nobody may look at": (lambda **k: Hostile(), "do not look at me"),
    "returns one number per sample": (
        lambda log_prob, **k: right(log_prob, **k).expand(len(log_prob)),
        "the shape (2,)",
    ),
    "returns the shape (1,)": (lambda **k: right(**k).reshape(1), "the shape (1,)"),
    "returns integers": (lambda **k: right(**k).long(), "the dtype int64"),
    "returns complex numbers": (lambda **k: right(**k) + 0j, "the dtype complex128"),
    "returns NaN": (lambda **k: right(**k) * float("nan"), "returned NaN"),
    "returns infinity": (lambda **k: right(**k) + float("inf"), "returned infinity"),
    "returns a sparse tensor": (lambda **k: right(**k).reshape(1).to_sparse(), "a sparse tensor"),
    "returns a tensor without numbers": (
        lambda **k: torch.empty((), device="meta"),
        "a tensor without numbers",
    ),
    "loses the gradient": (lambda **k: right(**k).detach(), "no gradient with respect to log_prob"),
    "has another gradient": (
        lambda log_prob, **k: right(log_prob, **k) + (log_prob - log_prob.detach()).sum(),
        "its gradient with respect to log_prob is not",
    ),
    "lets a gradient into a constant": (
        lambda advantage, **k: (
            right(advantage=advantage, **k) - (advantage - advantage.detach()).sum()
        ),
        "a gradient flows into advantage",
    ),
    "changes its inputs": (_in_place, "changes advantage in place"),
    "raises ValueError": (_raise(ValueError("what?")), "raised ValueError: what?"),
    "raises SystemExit": (_raise(SystemExit(3)), "raised SystemExit"),
    "raises KeyboardInterrupt": (_raise(KeyboardInterrupt()), "raised KeyboardInterrupt"),
    "raises StopIteration": (_raise(StopIteration()), "raised StopIteration"),
    "raises an error that cannot be written": (_raise(UnspeakableError()), "UnspeakableError"),
    "never comes back from recursion": (_recursion, "raised RecursionError"),
    "remembers between calls": (_remembers(), "remembers something between calls"),
    "draws random numbers": (lambda **k: right(**k) + torch.rand(()), "torch's random state"),
    "draws NumPy's random numbers": (
        lambda **k: right(**k) + np.random.rand(),  # noqa: NPY002
        "NumPy's random state",
    ),
    "draws random numbers of its own": (
        lambda **k: right(**k) + np.random.default_rng().random(),
        "value is not the right one",
    ),
    "seeds": (_after(lambda: (torch.manual_seed(1), random.seed(1))), "Python's random state"),
    "sets the default dtype": (
        _after(lambda: torch.set_default_dtype(torch.float16)),
        "torch's default dtype",
    ),
    "sets the grad mode": (_after(lambda: torch.set_grad_enabled(False)), "torch's grad mode"),
    "sets print options": (
        _after(lambda: torch.set_printoptions(precision=1)),
        "torch's print options",
    ),
    "sets NumPy's print options": (
        _after(lambda: np.set_printoptions(precision=1)),
        "NumPy's print options",
    ),
    "silences warnings": (_after(lambda: warnings.simplefilter("ignore")), "filters of warnings"),
    "changes the working folder": (_after(lambda: os.chdir("/")), "the working folder"),
    "sets an environment variable": (
        _after(lambda: os.environ.update(PPO_LESSON_TEST="1")),
        "the environment variables",
    ),
    "replaces the output": (
        _after(lambda: setattr(sys, "stdout", None)),
        "the standard output",
    ),
    "is not a function": (3, "This is not a function"),
    "is a class that needs nothing": (type("Empty", (), {}), "Your function takes"),
    "has other argument names": (lambda a, b, c: right(a, b, c), "takes (a, b, c)"),
    "takes arguments by position only": (
        lambda log_prob, old_log_prob, advantage, /: right(log_prob, old_log_prob, advantage),
        "takes (log_prob, old_log_prob, advantage, /), but it is called as "
        "surrogate_loss(log_prob, old_log_prob, advantage), with the arguments by name. Leave out "
        "the `/`",
    ),
    "takes one argument by position only": (
        lambda log_prob, /, old_log_prob, advantage: right(log_prob, old_log_prob, advantage),
        "takes (log_prob, /, old_log_prob, advantage)",
    ),
    "takes any number of values": (
        lambda *values: right(*values),
        "takes (*values), but it is called as surrogate_loss(log_prob, old_log_prob, advantage), "
        "with the arguments by name. What has a star takes values without a name",
    ),
    "takes names of another kind": (
        lambda *, log_prob, old_log_prob, adv: right(log_prob, old_log_prob, adv),
        "takes (*, log_prob, old_log_prob, adv), but",
    ),
    "has an argument too many": (lambda **k: stub(**k, more=1), "TypeError"),
    "returns its argument": (lambda log_prob, **k: log_prob, "the shape (2,)"),
    "is of a subclass and wrong": (
        lambda **k: (right(**k) + 1).as_subclass(Tagged),
        "value is not the right one",
    ),
    "speaks HTML": (_raise(ValueError("<script>alert(1)</script>")), "<script>"),
}


def test_there_are_at_least_24_kinds_of_fault():
    assert len(FAULTS) >= 24


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named_and_leaves_no_trace(fault: str, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    answer, words = FAULTS[fault]
    before = _global_state()
    verdict = check(EXERCISE, answer)
    assert _global_state() == before
    assert verdict.status == "wrong"
    assert words in verdict.message
    assert "<script>" not in verdict._repr_html_()


def _global_state() -> tuple[object, ...]:
    return (
        torch.get_rng_state().tolist(),
        np.random.get_state()[1].tolist(),  # type: ignore[index]  # noqa: NPY002
        random.getstate(),
        torch.get_default_dtype(),
        torch.is_grad_enabled(),
        vars(torch._tensor_str.PRINT_OPTS).copy(),
        str(np.get_printoptions()),
        list(warnings.filters),
        os.getcwd(),
        # torch sets this one when it first imports a part of itself
        {name: os.environ[name] for name in os.environ if name != "TORCHINDUCTOR_CACHE_DIR"},
        sys.stdout,
        sys.stderr,
        sys.getrecursionlimit(),
        threading.stack_size(),
    )


def test_an_answer_that_prints_or_warns_is_correct_and_the_verdict_says_so(capsys):
    def talks(**k):
        print("ratio", k["log_prob"])
        print("careful", file=sys.stderr)
        warnings.warn("this is slow", stacklevel=1)
        return right(**k)

    verdict = check(EXERCISE, talks)
    assert verdict.status == "correct"
    assert "ratio" in repr(verdict) and "careful" in repr(verdict)
    assert "this is slow" in repr(verdict)
    said = capsys.readouterr()
    assert said.out == said.err == ""


def test_what_a_wrong_answer_printed_stands_beside_the_input_that_fails():
    def talks(log_prob, **k):
        print("samples:", len(log_prob))
        return 3 * right(log_prob, **k)

    assert ("It printed", "samples: 2") in check(EXERCISE, talks).details


@pytest.mark.parametrize("loop", ["plain", "that catches everything", "asleep"])
def test_an_endless_loop_ends_in_a_verdict(loop: str, monkeypatch):
    """How soon is printed by tests/benchmarks; by itself none ends before it is released."""
    released = threading.Event()
    if loop == "plain":  # it can be stopped, but may have to wait for its turn
        monkeypatch.setattr(guard, "STOP_SECONDS", 60.0)

    def plain(**k):
        while not released.is_set():
            pass

    def asleep(**k):
        released.wait()

    def stubborn(**k):
        while not released.is_set():
            try:
                while not released.is_set():
                    pass
            except BaseException:
                continue

    answer = {"plain": plain, "asleep": asleep, "that catches everything": stubborn}[loop]
    verdict = check(EXERCISE, answer, time_limit=0.3)
    released.set()
    assert verdict.status == "wrong" and "not done after 0.3 seconds" in verdict.message
    ended = "restart the kernel" not in verdict.message
    # Python 3.13 may raise between two lines of `stubborn`, where nothing catches.
    assert ended == (loop == "plain") or (loop != "asleep" and sys.version_info >= (3, 13))


def test_a_property_at_which_an_answer_hangs_says_nothing_and_ends_the_search():
    def hangs(answer):
        while True:
            pass

    properties = (Property("It hangs.", hangs), Property("The next one.", lambda answer: False))
    exercise = dataclasses.replace(EXERCISE, mistakes=(), properties=properties)
    verdict = check(exercise, lambda **k: 3 * right(**k), time_limit=0.5)
    assert verdict.status == "wrong"
    assert "hangs" not in verdict.message and "next one" not in verdict.message


def test_what_no_judge_can_read_is_wrong_and_named():
    verdict = check(EXERCISES["proof_order"], lambda **_: object())
    assert verdict.status == "wrong"
    assert "which is not what was asked for" in verdict.message


def test_a_check_works_in_another_thread_as_widgets_use_it():
    verdicts = []

    def callback():
        verdicts.append(check(EXERCISE, right))
        verdicts.append(check(EXERCISE, _for_ever, time_limit=0.2))

    thread = threading.Thread(target=callback)
    thread.start()
    thread.join()
    assert [verdict.status for verdict in verdicts] == ["correct", "wrong"]


def test_a_stopped_answer_cannot_change_anything_later():
    released = threading.Event()
    threads = []

    def late(**k):
        threads.append(threading.current_thread())
        released.wait(60)
        return right(**k)

    check(EXERCISE, late, time_limit=0.1)
    torch.manual_seed(123)
    expected = torch.get_rng_state()
    released.set()
    for thread in threads:  # none where it was stopped before it began
        thread.join(60)
        assert not thread.is_alive()
    assert torch.equal(torch.get_rng_state(), expected)


def test_the_verdict_of_the_same_answer_is_the_same_text():
    wrong = functools.partial(lambda **k: 3 * right(**k))
    assert repr(check(EXERCISE, wrong)) == repr(check(EXERCISE, wrong))


def test_what_is_no_exercise_is_refused_by_name():
    with pytest.raises(TypeError, match="exercise: expected an Exercise, got function"):
        check(right, EXERCISE)  # type: ignore[arg-type]


class _LazyAnnotations:
    """A function as Python 3.14 has them: its annotations are evaluated where somebody asks."""

    @property
    def __signature__(self):
        raise NameError("name 'Tensor' is not defined")

    def __call__(self, log_prob, old_log_prob, advantage):
        return right(log_prob, old_log_prob, advantage)


def test_an_annotation_that_is_not_imported_is_no_fault():
    assert check(EXERCISE, _LazyAnnotations()).status == "correct"


def test_python_314_is_asked_for_signatures_without_evaluating_annotations(monkeypatch):
    asked = []
    library = types.ModuleType("annotationlib")
    library.Format = types.SimpleNamespace(FORWARDREF="forwardref")  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "annotationlib", library)
    monkeypatch.setattr(sys, "version_info", (3, 14))
    signature = inspect.signature
    monkeypatch.setattr(
        inspect, "signature", lambda f, **options: (asked.append((f, options)), signature(f))[1]
    )
    checker._signature_problem(EXERCISE, right)
    assert (right, {"annotation_format": "forwardref"}) in asked


def test_a_compiler_s_first_call_is_no_loop_that_never_ends(monkeypatch):
    compiler = types.ModuleType("numba.core.dispatcher")
    exec("def work():\n    while True:\n        pass", vars(compiler))
    monkeypatch.setattr(guard, "COMPILE_SECONDS", 0.3)
    verdict = check(EXERCISE, lambda **k: compiler.work(), time_limit=0.2)
    assert verdict.status == "wrong"
    assert verdict.message.startswith("Your function was still being compiled after 0.3 seconds.")
    assert "loop" not in verdict.message


def test_a_property_that_takes_the_rest_of_the_time_changes_no_verdict():
    def never(function: Any) -> bool:
        while True:
            pass

    exercise = Exercise(**{**vars(EXERCISE), "properties": (Property("It ends.", never),)})
    for answer in (right, lambda **k: 3 * right(**k)):
        assert check(exercise, answer, time_limit=0.3) == check(
            Exercise(**{**vars(EXERCISE), "properties": ()}), answer
        )


def test_a_design_without_inputs_is_not_counted_in_inputs():
    designs = [exercise for exercise in EXERCISES.values() if not exercise.cases[0].inputs]
    assert {design.id for design in designs} == {"exploding_ratio", "proof_order", "way_to_ppo"}
    for design in designs:
        assert check(design, design.reference).message == design.solved != ""
    others = [check(e, e.reference).message for e in EXERCISES.values() if e not in designs]
    assert all(re.match(r"On \d+ inputs? ", message) for message in others)


@pytest.mark.parametrize("answer", [right, stub, lambda **k: 3 * right(**k), 7])
def test_a_check_works_in_a_folder_that_has_gone(answer, tmp_path, monkeypatch):
    here = check(EXERCISE, answer)
    folder = tmp_path / "gone"
    folder.mkdir()
    monkeypatch.chdir(folder)
    folder.rmdir()
    assert check(EXERCISE, answer) == here


def test_progress_is_kept_of_what_was_tried_and_of_nothing_else(monkeypatch):
    kept = []
    monkeypatch.setattr(progress, "record", lambda *entry: kept.append(entry))
    check(EXERCISE, stub)
    checker.verdict_on(EXERCISE, right)
    assert kept == []
    check(EXERCISE, right)
    check(EXERCISE, lambda **k: None)
    assert kept == [
        ("exercises", "surrogate_loss", "correct"),
        ("exercises", "surrogate_loss", "wrong"),
    ]


def test_hints_come_one_by_one_and_start_again(monkeypatch):
    exercise = Exercise(**{**vars(EXERCISE), "id": "hints_of_its_own"})
    shown: list[Markdown] = []
    monkeypatch.setattr("ppo_lesson.exercises.checker.display", shown.append)
    for _ in range(4):
        hint(exercise)
    assert [markdown.data for markdown in shown] == [
        "**Hint 1 of 3.** The idea.",
        "**Hint 2 of 3.** The structure.",
        "**Hint 3 of 3.** Almost the code.",
        "**Hint 1 of 3.** The idea.",
    ]


def test_the_solution_is_the_packages_own_source_with_the_private_functions_it_calls(monkeypatch):
    shown = []
    monkeypatch.setattr("ppo_lesson.exercises.checker.show_source", lambda *f, **_: shown.extend(f))
    show_solution(EXERCISES["kl_estimates"])
    assert [function.__name__ for function in shown] == [
        "kl_estimates", "kl_k1", "kl_k2", "kl_k3", "_log_ratio", "log_ratio",
    ]  # fmt: skip
    shown.clear()
    show_solution(EXERCISES["gae"])
    assert [function.__name__ for function in shown] == ["gae", "backward_sum"]


def test_a_solution_of_the_exercises_own_comes_first_and_the_guards_are_folded(monkeypatch):
    shown: list[Markdown] = []
    monkeypatch.setattr("ppo_lesson.notebook.page.display", shown.append)
    show_solution(EXERCISES["policy_ratio"])
    first, _, folded = shown[0].data.partition("<details>")
    assert "def my_policy_ratio(log_prob, old_log_prob):" in first
    assert "clamp" not in first
    assert "clamp" in folded


@pytest.mark.parametrize(
    "exercise", [e for e in EXERCISES.values() if e.solution], ids=lambda e: e.id
)
def test_a_solution_of_the_exercises_own_is_correct(exercise):
    names = ", ".join(inspect.signature(exercise.reference).parameters)
    space: dict[str, Any] = {"torch": torch}
    exec(f"def answer({names}):\n    {exercise.solution}", space)
    assert check(exercise, space["answer"]).status == "correct"


# --- the audit: each rule of the checker is needed ----------------------------------------------

# Rule -> an answer that it, and it alone, turns down (or words that no other rule would say).
WITNESSES: dict[str, Any] = {
    "raises_nothing": FAULTS["raises ValueError"][0],
    "returns_right_kind": FAULTS["returns a Python float"][0],
    "has_right_shape": FAULTS["returns the shape (1,)"][0],
    "has_right_dtype": lambda **k: right(**k).half().double().to(torch.bfloat16),
    "leaves_inputs_alone": FAULTS["changes its inputs"][0],
    "leaves_globals_alone": FAULTS["sets print options"][0],
    "is_finite": FAULTS["returns NaN"][0],
    "has_right_value": lambda **k: right(**k) + 1,
    "has_right_gradient": FAULTS["loses the gradient"][0],
    "spares_constants": FAULTS["lets a gradient into a constant"][0],
}


@pytest.mark.parametrize("rule", rules.ALL, ids=lambda rule: rule.__name__)
def test_without_a_rule_its_witness_gets_another_verdict(rule, monkeypatch):
    answer = WITNESSES[rule.__name__]
    before = check(EXERCISE, answer)
    assert before.status == "wrong"
    monkeypatch.setattr(rules, "ALL", tuple(r for r in rules.ALL if r is not rule))
    try:
        after = check(EXERCISE, answer)
    except Exception:
        return  # a rule that stands before others
    assert (after.status, after.message) != (before.status, before.message)


def test_without_the_second_call_an_answer_that_remembers_would_pass(monkeypatch):
    assert check(EXERCISE, _remembers()).status == "wrong"
    monkeypatch.setattr("ppo_lesson.exercises.trial.same_outcome", lambda *outcomes: True)
    assert check(EXERCISE, _remembers()).status == "correct"


def test_with_one_size_only_an_answer_for_that_size_would_pass():
    def for_two(**k):
        return right(**k) * 2 / len(k["log_prob"])

    assert check(EXERCISE, for_two).status == "wrong"
    only = Exercise(**{**vars(EXERCISE), "cases": EXERCISE.cases[1:2]})
    assert check(only, for_two).status == "correct"
