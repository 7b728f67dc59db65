"""Where each thing stands that the lecture wants to teach: cells, exercises, questions.

A cell is written as notebook and id, "04/line-j1". A test fails where one no longer exists, and
where TEACHING.md shows another table than this one.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Covered:
    """One thing of the lecture, and its places in the course.

    Args:
        what: the thing, in a few words.
        cells: where it is derived, shown or proved, at least one.
        exercises: ids of exercises in which the learner builds it.
        questions: ids of questions that ask for it; their cells have the same ids.
    """

    what: str
    cells: tuple[str, ...]
    exercises: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()


OBJECTIVES = (
    Covered(
        "why on-policy methods waste samples",
        ("01/meter", "01/reuse"),
        questions=("pg-on-policy", "own-words-on-policy"),
    ),
    Covered(
        "importance sampling: idea and formula",
        ("02/identity", "02/three-lines"),
        ("importance_weights", "importance_estimate", "self_normalised_estimate"),
        ("is-weight-of-an-outcome", "own-words-importance-weight"),
    ),
    Covered(
        "derive the surrogate objective",
        ("04/ratio-product", "04/identity-check", "04/drop"),
        ("policy_ratio", "surrogate_loss"),
        ("surrogate-dropped-term", "importance-sampling-to-off-policy"),
    ),
    Covered(
        "why its gradient is the policy gradient",
        ("04/line-s1", "04/line-s4-check", "04/line-j6-check", "04/four-way"),
        ("proof_order", "finite_difference_gradient"),
        ("surrogate-licence", "equal-gradients-proof"),
    ),
    Covered(
        "high variance when the policies part",
        ("03/simulate-products", "05/spread", "05/noise-figure"),
        ("effective_sample_size", "gradient_share"),
        ("away-fresh-batch", "own-words-exploding-weights", "risk-of-the-surrogate"),
    ),
    Covered(
        "why PPO holds the update back",
        ("06/climb", "06/same-distance", "08/reuse-table"),
        ("clipped_surrogate_loss", "kl_penalised_loss"),
        ("proximal-why-min", "principle-of-ppo"),
    ),
)

CONCEPTS = (
    Covered("PPO", ("08/loop-source", "08/solved"), ("minibatches",), ("parts-of-ppo",)),
    Covered(
        "policy gradient algorithm", ("01/theorem-check", "01/loop"), ("score", "reinforce_loss")
    ),
    Covered(
        "on-policy and off-policy",
        ("01/reuse", "06/off-policy", "12/samplers", "13/bias-table"),
        ("truncated_weight", "decoupled_clipped_loss"),
        questions=("pg-on-policy",),
    ),
    Covered("importance sampling", ("02/three-lines", "03/never-shown-check"), ("unsupported",)),
    Covered("surrogate loss", ("04/identity", "04/tangent-numbers"), ("surrogate_loss",)),
    Covered(
        "policy ratio",
        ("04/ratio-product", "08/rollout-check", "12/sequence-ratio"),
        ("policy_ratio", "exploding_ratio", "sequence_ratio"),
    ),
    Covered(
        "variance and unstable training",
        ("03/remedies-table", "05/noise-figure", "05/record-table"),
        ("gradient_share",),
        ("away-ceiling",),
    ),
)

FORMULAS = (
    Covered("policy update", ("01/step-sizes", "01/loop"), ("finite_difference_gradient",)),
    Covered("policy gradient theorem", ("01/line-3", "01/theorem-check"), ("score",)),
    Covered(
        "its estimate from samples", ("01/estimates", "01/sampled-gradient"), ("reinforce_loss",)
    ),
    Covered(
        "importance sampling", ("02/three-lines", "02/first-estimate"), ("importance_estimate",)
    ),
    Covered("surrogate objective", ("04/identity-check", "04/gap"), ("surrogate_loss",)),
)

QUESTIONS = (
    Covered("concept 1: on-policy", ("01/meter", "01/reuse"), questions=("own-words-on-policy",)),
    Covered(
        "concept 2: weights", ("02/first-estimate",), questions=("own-words-importance-weight",)
    ),
    Covered(
        "concept 3: off-policy",
        ("04/identity-check",),
        questions=("importance-sampling-to-off-policy",),
    ),
    Covered(
        "concept 4: the risk",
        ("03/mean-of-a-batch", "05/spread"),
        questions=("own-words-exploding-weights", "risk-of-the-surrogate"),
    ),
    Covered("maths 1: the ratio", ("04/ratio-value-check",), questions=("ratio-above-and-below",)),
    Covered("maths 2: the proof", ("04/four-way",), questions=("equal-gradients-proof",)),
    Covered("maths 3: a very large ratio", ("05/share-cliff",), questions=("very-large-ratio",)),
    Covered("synthesis 1: PPO's principle", ("06/off-policy",), questions=("principle-of-ppo",)),
    Covered(
        "synthesis 2: the progression",
        ("00/map",),
        ("way_to_ppo",),
        ("draw-the-progression", "exam-progression"),
    ),
)

SOFT_SPOTS = (
    Covered(
        "scaled heights are no density ratio",
        ("02/is-find-the-flaw",),
        questions=("is-find-the-flaw",),
    ),
    Covered("the theorem needs the sum over t", ("01/short-form",)),
    Covered("'it can be verified' is verified", ("04/line-s4-check", "04/four-way")),
    Covered("equality at theta_old is no licence", ("04/tangent-numbers", "05/both-books-check")),
    Covered("the mean ratio is 1 whatever happens", ("03/mean-of-a-batch", "05/ratios")),
    Covered("a clip does not hold the ratio", ("06/three-causes", "06/crossings")),
    Covered("PPO is on-policy in what it collects", ("06/off-policy",)),
)

COVERAGE = {
    "learning objectives": OBJECTIVES,
    "key concepts": CONCEPTS,
    "formulas": FORMULAS,
    "self-assessment": QUESTIONS,
    "soft spots, corrected": SOFT_SPOTS,
}
"""What the lecture lists, under its own headings; the last are where it had to be corrected."""


def table() -> str:
    """Write the table of TEACHING.md: what, and the notebooks with the cells that have it."""
    lines = ["| of the lecture | where: notebook, cell; *exercise* |", "|---|---|"]
    for kind, things in COVERAGE.items():
        lines.append(f"| **{kind}** | |")
        lines += [f"| {thing.what} | {_places(thing)} |" for thing in things]
    return "\n".join(lines)


def _places(thing: Covered) -> str:
    by_notebook: dict[str, list[str]] = {}
    for cell in thing.cells:
        notebook, cell_id = cell.split("/")
        by_notebook.setdefault(notebook, []).append(cell_id)
    places = [f"{notebook} {', '.join(ids)}" for notebook, ids in by_notebook.items()]
    return "; ".join(places + [f"*{exercise}*" for exercise in thing.exercises])
