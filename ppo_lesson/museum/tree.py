"""A decision tree: where in the program to look, from what a whole training run has shown.

The tree is data, QUESTIONS and LEAVES; `read_dashboard` walks down it, and `mermaid` draws it. Its
bounds were read off seeds 0 to 9 of the museum; its record keeps seeds 0 to 4, which the pictures
show, and 10 to 14, which nobody had seen by then. The bounds fit this PPO, its default settings
and CartPole; another world or another program needs other numbers.
"""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, cast

import torch
from torch import Tensor

from ppo_lesson.museum.record import FAULTS, HEALTHY
from ppo_lesson.training.config import PPOConfig
from ppo_lesson.training.experience import solved_return

Run = Mapping[str, Tensor]
"""One training run: name of a metric -> its records, (U,), evenly spaced from start to end."""


class Leaf(NamedTuple):
    """Where to look."""

    id: str
    text: str
    holds: tuple[str, ...] = ()  # the exhibits that end here, by their ids, and HEALTHY


class Branch(NamedTuple):
    """One answer to a question."""

    label: str
    below: float  # what is measured is less than this, and not less than the branch before says
    to: str  # the id of a question or a leaf


class Question(NamedTuple):
    """What to look at, and where each answer leads."""

    id: str
    text: str
    measure: Callable[[Run], float]
    branches: tuple[Branch, ...]  # in rising order of their bounds, of which the last is infinite


def _end(name: str) -> Callable[[Run], float]:
    """Take the mean of the last quarter of the records."""
    return lambda run: run[name][-max(1, len(run[name]) // 4) :].nanmean().item()


def _middle(name: str, share: float = 1.0) -> Callable[[Run], float]:
    """Take the median of the first records, a share of them."""
    return lambda run: run[name][: max(1, int(share * len(run[name])))].nanmedian().item()


def _largest(name: str) -> Callable[[Run], float]:
    """Take the largest record that was measured; NaN if none was."""

    def measure(run: Run) -> float:
        largest = run[name].nan_to_num(-math.inf).max().item()
        return math.nan if run[name].isnan().all() else largest

    return measure


def _rise(name: str) -> Callable[[Run], float]:
    """Take how far the end lies above the lowest record."""
    return lambda run: (run[name][-1] - run[name].nan_to_num(math.inf).min()).item()


TOP = cast("float", solved_return(PPOConfig.env_id))  # of a world that gymnasium makes
ANY = math.inf

QUESTIONS = {
    question.id: question
    for question in (
        Question(
            "return",
            "return at the end",
            _end("return"),
            (Branch("lower", TOP, "ratio"), Branch(f"{TOP:g} or more", ANY, "top-ratio")),
        ),
        Question(
            "top-ratio",
            "largest first ratio",
            _largest("first_ratio"),
            (Branch("1", 1.05, "top-kl"), Branch("above 1", ANY, "two-policies")),
        ),
        Question(
            "top-kl",
            "KL, median",
            _middle("approx_kl"),
            (Branch("below 0", 0.0, "estimate"), Branch("above 0", ANY, "top-value-loss")),
        ),
        Question(
            "top-value-loss",
            "value loss at the end",
            _end("value_loss"),
            (Branch("small", 0.05, "top-entropy"), Branch("above 0.05", ANY, "time-limit")),
        ),
        Question(
            "top-entropy",
            "entropy, end above lowest",
            _rise("entropy"),
            (Branch("below 0.05", 0.05, "healthy"), Branch("0.05 or more", ANY, "who-acted")),
        ),
        Question(
            "ratio",
            "largest first ratio",
            _largest("first_ratio"),
            (Branch("1", 1.05, "entropy"), Branch("above 1", ANY, "two-policies")),
        ),
        Question(
            "entropy",
            "entropy at the end",
            _end("entropy"),
            (Branch("almost 0", 0.001, "collapsed"), Branch("above 0.001", ANY, "variance")),
        ),
        Question(
            "variance",
            "explained variance, median",
            _middle("explained_variance"),
            (Branch("below 0.97", 0.97, "gradient-norm"), Branch("0.97 or more", ANY, "wrong-row")),
        ),
        Question(
            "gradient-norm",
            "gradient norm, median",
            _middle("gradient_norm"),
            (Branch("below 10", 10.0, "value-loss"), Branch("10 or more", ANY, "runaway")),
        ),
        Question(
            "value-loss",
            "value loss, median",
            _middle("value_loss"),
            (
                Branch("below 0.02", 0.02, "last-steps"),
                Branch("between", 0.4, "kl"),
                Branch("0.4 or more", ANY, "targets"),
            ),
        ),
        Question(
            "kl",
            "KL, median of the first half",
            _middle("approx_kl", 0.5),
            (
                Branch("below 0", 0.0, "estimate"),
                Branch("almost 0", 0.0035, "no-push"),
                Branch("hundredths", 0.12, "entropy-again"),
                Branch("tenths", ANY, "no-brake"),
            ),
        ),
        Question(
            "entropy-again",
            "entropy, end above lowest",
            _rise("entropy"),
            (Branch("below 0.025", 0.025, "probes"), Branch("0.025 or more", ANY, "who-acted")),
        ),
    )
}
"""Id -> question; the first is asked first."""

LEAVES = {
    leaf.id: leaf
    for leaf in (
        Leaf("healthy", "healthy, or a fault that only a test sees",
             (HEALTHY, "reset-rows", "normalised-over-resets", "reset-observation")),
        Leaf("two-policies", "old and new log-probabilities differ: dropout, scaling",
             ("dropout-mask",)),
        Leaf("estimate", "a KL below 0: the estimate itself", ("inverted-kl",)),
        Leaf("time-limit", "value targets where time runs out", ("truncation-as-termination",)),
        Leaf("who-acted", "who acted? sampler against network", ("temperature",)),
        Leaf("collapsed", "decided at once: loss without a brake, step size",
             ("max-for-min",)),
        Leaf("runaway", "critic chases its own target: signs, unit of the reward",
             ("swapped-sign",)),
        Leaf("wrong-row", "good critic, bad policy: does the row hold together?",
             ("shifted-observation",)),
        Leaf("last-steps", "nothing to learn, yet episodes end: last steps, masks",
             ("lost-last-step",)),
        Leaf("targets", "what the critic is fitted to", ("normalised-targets",)),
        Leaf("no-push", "no push: shapes, detached ratio, step size", ("all-with-all",)),
        Leaf("no-brake", "weak brake: clip, epochs, step size", ("clip-before-sign",)),
        Leaf("probes", "nothing stands out: climb the probes, read the data"),
    )
}  # fmt: skip
"""Id -> leaf."""


class Step(NamedTuple):
    """A question, as a run answered it."""

    question: str
    found: float
    answer: str


def walk(metrics: Mapping[str, Sequence[float] | Tensor]) -> tuple[list[Step], Leaf]:
    """Go down the tree; return the questions that were asked, and the leaf.

    Args:
        metrics: as in `read_dashboard`.

    Raises:
        ValueError: a metric is missing, or nothing of it was measured.
    """
    run = {name: torch.as_tensor(row, dtype=torch.float64) for name, row in metrics.items()}
    steps, place = [], next(iter(QUESTIONS))
    while place in QUESTIONS:
        question = QUESTIONS[place]
        try:
            found = question.measure(run)
        except (KeyError, IndexError, RuntimeError) as error:
            raise ValueError(f"metrics: {question.text} cannot be read ({error})") from None
        if math.isnan(found):
            raise ValueError(f"metrics: {question.text} was not measured")
        branch = next((b for b in question.branches if found < b.below), question.branches[-1])
        steps.append(Step(question.text, found, branch.label))
        place = branch.to
    return steps, LEAVES[place]


def read_dashboard(metrics: Mapping[str, Sequence[float] | Tensor]) -> Leaf:
    """Say where in the program to look, from the metrics of one whole training run.

    Args:
        metrics: name -> its records, (U,), evenly spaced from the start of training to its end, as
            `museum.rerun` returns them: "return" of fresh episodes, "first_ratio", "approx_kl",
            "entropy", "value_loss", "explained_variance" and "gradient_norm".

    Returns:
        The leaf; its `text` says where to look, its `holds` which exhibits of the museum end there.

    Raises:
        ValueError: a metric that is asked for is missing, or nothing of it was measured.
    """
    return walk(metrics)[1]


def leaf_of(fault_id: str) -> Leaf:
    """Find the leaf that holds an exhibit, or HEALTHY.

    Raises:
        ValueError: there is no such exhibit.
    """
    for leaf in LEAVES.values():
        if fault_id in leaf.holds:
            return leaf
    raise ValueError(f"fault_id: expected {HEALTHY} or one of {list(FAULTS)}, got {fault_id!r}")


def mermaid() -> str:
    """Draw the tree as the text of a Mermaid diagram."""
    names = {place: f"q{k}" for k, place in enumerate(QUESTIONS)}
    names |= {place: f"l{k}" for k, place in enumerate(LEAVES)}
    lines = [f'{names[q.id]}{{{{"{_escaped(q.text)}"}}}}' for q in QUESTIONS.values()]
    lines += [f'{names[leaf.id]}["{_escaped(leaf.text)}"]' for leaf in LEAVES.values()]
    for question in QUESTIONS.values():
        for branch in question.branches:
            arrow = f'-- "{_escaped(branch.label)}" -->'
            lines.append(f"{names[question.id]} {arrow} {names[branch.to]}")
    return "\n".join([HEAD, *(f"    {line}" for line in lines)])


HEAD = """%%{init: {"flowchart": {"rankSpacing": 12, "nodeSpacing": 14, "padding": 5, \
"wrappingWidth": 170}}}%%
flowchart TD
    accTitle: From the dashboard to the place of the fault"""


def _escaped(text: str) -> str:
    return html.escape(text, quote=True).replace(":", "#58;")
