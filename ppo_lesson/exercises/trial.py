"""One answer on all cases of its exercise: first what it did, then the verdict that follows."""

from __future__ import annotations

from dataclasses import dataclass, field

from torch import Tensor

from ppo_lesson.exercises import guard, rules
from ppo_lesson.exercises.exercise import Case, Exercise, Function
from ppo_lesson.exercises.outcome import Outcome, observe, observe_all, on_copies, same_outcome
from ppo_lesson.exercises.slips import known_edge_slip, known_slip
from ppo_lesson.exercises.verdict import Status, Verdict, describe_value, safe_text

NOT_STARTED = (
    "Replace `raise NotImplementedError` with your own lines. Then run the exercise and its check "
    "again."
)
REPEAT = (
    "Called twice with the same input, your function answered differently: it remembers something "
    "between calls, or draws random numbers."
)


@dataclass
class Tried:
    """What an answer did, as far as it came.

    Attributes:
        exercise: which one it answers.
        cases: those of the exercise, the smallest first: the first that fails is shown.
        outcomes: what came of the call on each; `printed`: what that call printed.
        repeated: what came of a second call on the first case, after all the others.
        warned: texts of all warnings.
        broken: sentence of a property that the answer does not have, "" where none was found.
    """

    exercise: Exercise
    outcomes: list[Outcome] = field(default_factory=list)
    printed: list[str] = field(default_factory=list)
    repeated: Outcome | None = None
    warned: list[str] = field(default_factory=list)
    broken: str = ""

    def __post_init__(self) -> None:
        """Bring the cases into order."""
        self.cases = sorted(self.exercise.cases, key=_size)

    @property
    def is_stub(self) -> bool:
        """Tell whether the first call ended at a ``raise NotImplementedError``."""
        return bool(self.outcomes) and self.outcomes[0].is_stub


def attempt(tried: Tried, answer: Function, heard: guard.Heard) -> None:
    """Call the answer on every case, on the first once more, and on what its properties ask for.

    Here, and nowhere else in a check, a learner's function is called: inside the guard. When the
    time is up, `tried` holds what was seen until then.
    """
    for case in tried.cases:
        before = len(heard.printed)
        tried.outcomes.append(observe(answer, case, tried.exercise))
        tried.printed.append("".join(heard.printed[before:]))
        if tried.is_stub:
            return
    tried.repeated = observe(answer, tried.cases[0], tried.exercise)
    tried.warned = sorted({safe_text(warning.message) for warning in heard.warned})
    if all(outcome.failure is None and outcome.value is not None for outcome in tried.outcomes):
        tried.broken = _broken_property(tried.exercise, answer)


def decide(tried: Tried) -> Verdict:
    """Say what the answer deserves, by what it did; nothing of the learner's runs here."""
    exercise, cases = tried.exercise, tried.cases
    expected, problems = _compare(tried)
    failing = [k for k, problem in enumerate(problems) if problem]
    ordinary = [k for k in failing if not cases[k].edge]
    if ordinary:
        message = _explain(tried, expected, problems[ordinary[0]], ordinary[0])
        return _report(tried, "wrong", message, ordinary[0])
    assert tried.repeated is not None
    if not same_outcome(tried.repeated, tried.outcomes[0], exercise.tolerance):
        return _report(tried, "wrong", REPEAT, 0)
    if failing:
        where, problem = cases[failing[0]].label, problems[failing[0]]
        message = known_edge_slip(exercise, cases, tried.outcomes, expected, failing)
        message = message or f"Right on ordinary numbers, but it breaks where {where}. {problem}"
        return _report(tried, "fragile", message, failing[0])
    return _correct(tried)


def too_slow(tried: Tried, seconds: float, limit: guard.TimeLimitError) -> Verdict:
    """Report an endless loop, or one that is far too long, or a compiler that is."""
    if limit.compiling:
        message = (
            f"Your function was still being compiled after {guard.COMPILE_SECONDS:g} seconds. "
            "Hand in the plain function: it needs no compiler to be quick enough here."
        )
    else:
        message = f"Your function was not done after {seconds:g} seconds. Does a loop never end?"
    if not limit.stopped:
        message += " It cannot be stopped and goes on in the background: restart the kernel."
    current = tried.cases[len(tried.outcomes) % len(tried.cases)]
    return Verdict(tried.exercise.id, "wrong", message, _input_details(current))


def _broken_property(exercise: Exercise, answer: Function) -> str:
    for known in exercise.properties:
        try:
            if not known.holds(on_copies(answer)):
                return known.sentence
        except guard.Stopped:
            raise
        except BaseException:  # an error, of whatever kind, says nothing about the property
            continue
    return ""


def _compare(tried: Tried) -> tuple[list[Outcome], list[str]]:
    """Find what is wrong on each case, by the convention that objects least.

    Returns:
        What that convention did on each case, and its objections, "" where there is none.
    """
    exercise, cases = tried.exercise, tried.cases
    comparisons = []
    for function in (exercise.reference, *exercise.alternatives):
        expected = observe_all(function, cases, exercise)
        problems = rules.objections(exercise, cases, tried.outcomes, expected)
        comparisons.append((expected, problems))

    def count(comparison: tuple[list[Outcome], list[str]]) -> int:
        failing = [case for case, problem in zip(cases, comparison[1], strict=True) if problem]
        return sum(1 if case.edge else 1 + len(cases) for case in failing)  # ordinary cases first

    expected, problems = min(comparisons, key=count)
    if exercise.objection and not any(problems):
        problems[0] = tried.broken
    return expected, problems


def _explain(tried: Tried, expected: list[Outcome], problem: str, k: int) -> str:
    """Name the slip, if it is known, or else the problem and a property that fails."""
    if tried.outcomes[k].failure is None:
        slip = known_slip(tried.exercise, tried.cases, tried.outcomes, expected)
        if slip:
            return slip
    if tried.broken in ("", problem):
        return problem
    return f"{problem} One thing that must hold and does not: {tried.broken}"


def _report(tried: Tried, status: Status, message: str, k: int) -> Verdict:
    details = _input_details(tried.cases[k])
    outcome = tried.outcomes[k]
    if outcome.failure is None and tried.exercise.play is None:
        value = outcome.kind if outcome.value is None else describe_value(outcome.value)
        details += (("Your function returned", value),)
    if tried.printed[k]:
        details += (("It printed", tried.printed[k].rstrip("\n")),)
    return Verdict(tried.exercise.id, status, message, details)


def _correct(tried: Tried) -> Verdict:
    exercise = tried.exercise
    what = "values, shapes and gradients agree" if exercise.wrt else "the answers agree"
    if exercise.objection:
        what = "your answer meets every condition"
    count = sum(bool(case.inputs) for case in tried.cases)  # a design has none
    where = f"On {count} input{'s' if count > 1 else ''} " if count else ""
    message = exercise.solved or f"{where}{what}."
    message = message[0].upper() + message[1:]
    details: list[tuple[str, str]] = []
    printed = next(filter(None, tried.printed), "")[:200].rstrip()
    if printed:
        details.append(("What it printed was not shown; it begins with", printed))
    if tried.warned:
        details.append(("It warned", "\n".join(tried.warned)))
    return Verdict(exercise.id, "correct", message, tuple(details))


def _size(case: Case) -> int:
    return sum(value.numel() for value in case.inputs.values() if isinstance(value, Tensor))


def _input_details(case: Case) -> tuple[tuple[str, str], ...]:
    heading = "Smallest input that fails" + (f" ({case.label})" if case.label else "")
    lines = [f"{name} = {describe_value(value)}" for name, value in case.inputs.items()]
    return ((heading, "\n".join(lines)),) if lines else ()
