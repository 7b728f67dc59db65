"""The exercise of notebook 04 that puts the lines of the proof in order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ppo_lesson.exercises.exercise import Case, Exercise, Mistake

LETTERS = "ABCDEFG"


def proof_order() -> str:
    """Put the lines of the proof of grad L_IS = grad J at theta_old in order.

    Differentiate (E), then C and G for the gradient of the ratio, put it in (B), only then set
    theta to theta_old (F), and give what is left (D) its name (A).

    Returns:
        The letters of the lines. CEGBFDA and CGEBFDA are as right: E needs neither C nor G.

    Source: Schulman et al. (2017), arXiv:1707.06347, eq. 6; the policy gradient theorem of Sutton
    et al. (2000).
    """
    return "ECGBFDA"


@dataclass(frozen=True)
class _Rule:
    """One line must stand before another; an order that breaks this rule, and what to say."""

    first: str
    second: str
    sentence: str
    broken_by: str


# In this order: the first rule that is broken is the one that is named.
_RULES = (
    _Rule(
        "D",
        "A",
        "You name the result before you reach it. The policy gradient theorem is about scores "
        "times advantages, without a ratio: get to that form first.",
        "AECGBFD",
    ),
    _Rule(
        "E",
        "F",
        "You evaluate at θ_old before you differentiate. There the surrogate is a number, and "
        "a number has no gradient: first differentiate for every θ, then set θ.",
        "FECGBDA",
    ),
    _Rule(
        "G",
        "F",
        "You evaluate at θ_old before you have the gradient of the ratio. At θ_old the "
        "ratio is the constant 1, and its slope can no longer be seen.",
        "ECFGBDA",
    ),
    _Rule(
        "B",
        "F",
        "You set θ to θ_old before there is a line to set it in. First put the gradient "
        "of the ratio under the expectation.",
        "ECGFBDA",
    ),
    _Rule(
        "F",
        "D",
        "You drop the ratio before you have made it 1. Only at θ_old may it be left out.",
        "ECGBDFA",
    ),
    _Rule(
        "E",
        "B",
        "You put the gradient of the ratio under the expectation too early. "
        "First say why it may move inside, and what it acts on.",
        "CGBEFDA",
    ),
    _Rule(
        "G",
        "B",
        "You use the gradient of the ratio before you have worked it out.",
        "ECBGFDA",
    ),
    _Rule(
        "C",
        "G",
        "You apply the log-derivative trick to the ratio before you have written the trick down.",
        "EGCBFDA",
    ),
)
_NO_STRING = "Return the letters as one string, with quotation marks around it."
_WRONG_LETTERS = (
    "Each of the seven letters A to G has to come exactly once: every line of the proof is needed, "
    "and none is used twice."
)


def objection_to_order(inputs: Mapping[str, Any], output: Any) -> str:
    """Say which step of a proof comes too early.

    Args:
        inputs: not used; the exercise has none.
        output: the letters; small ones, blanks, commas and arrows between them are no fault.

    Returns:
        What is wrong, or "" where every line follows from those before it.
    """
    if not isinstance(output, str):
        return _NO_STRING
    order = "".join(character for character in output.upper() if character.isalnum())
    if sorted(order) != list(LETTERS):
        return _WRONG_LETTERS
    for rule in _RULES:
        if order.index(rule.first) > order.index(rule.second):
            return rule.sentence
    return ""


PROOF_ORDER = Exercise(
    id="proof_order",
    minutes=6,
    prompt=r"""Put the proof that $\nabla L_{IS} = \nabla J$ at $\theta_{old}$ in order. It starts
from
$L_{IS}(\theta) = \mathbb{E}_{old}\big[\sum_t \gamma^t\, r_t(\theta)\, A_t\big]$.
Return the seven letters as a string, first line first, such as `"ABCDEFG"`. Every right order
counts.

- **A.** By the policy gradient theorem this is $\nabla J(\theta_{old})$.
- **B.** Put this gradient under the expectation:
  $\nabla L_{IS}(\theta) = \mathbb{E}_{old}\big[\sum_t \gamma^t\, r_t(\theta)\,
  \nabla \log \pi_\theta(a_t \mid s_t)\, A_t\big]$.
- **C.** For any probability $\nabla \pi_\theta = \pi_\theta\, \nabla \log \pi_\theta$.
- **D.** What is left is
  $\mathbb{E}_{old}\big[\sum_t \gamma^t\, \nabla \log \pi_{old}(a_t \mid s_t)\, A_t\big]$.
- **E.** Differentiate under the expectation. Walks and advantages are the old policy's, so only the
  ratio has a gradient:
  $\nabla L_{IS}(\theta) = \mathbb{E}_{old}\big[\sum_t \gamma^t\, \nabla r_t(\theta)\, A_t\big]$.
- **F.** Set $\theta = \theta_{old}$ in the line above. Every ratio becomes 1.
- **G.** The ratio has the gradient
  $\nabla r_t = \nabla \pi_\theta / \pi_{old} = r_t\, \nabla \log \pi_\theta$.""",
    reference=proof_order,
    cases=(Case({}, "the seven lines"),),
    hints=(
        "Look for the one line that passes from every θ to a single θ. What has to be "
        "finished before it?",
        "First the gradient for every θ, then the evaluation at θ_old, then the name of "
        "the result. The gradient of L_IS needs the gradient of the ratio, which needs line C.",
        "The last three are F, D, A. B comes right before them and needs E and G; G needs C.",
    ),
    mistakes=(
        *(Mistake(rule.sentence, lambda rule=rule: rule.broken_by) for rule in _RULES),
        Mistake(_WRONG_LETTERS, lambda: "ECBFDA"),
        Mistake(_NO_STRING, lambda: 7),
    ),
    objection=objection_to_order,
    solved="Every line follows from those before it.",
)
