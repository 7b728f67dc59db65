"""Direct preference optimisation: from pairs to a policy, without a reward model in between."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from ppo_lesson import maths
from ppo_lesson.language.feedback import Pairs, fit
from ppo_lesson.language.model import LanguageModel, response_log_prob
from ppo_lesson.maths.shapes import check_positive, check_seed
from ppo_lesson.training.steps import check_default_device


def align_directly(
    reference: LanguageModel,
    pairs: Pairs,
    beta: float,
    *,
    seed: int,
    num_epochs: int = 4,
    learning_rate: float = 1e-3,
    on_step: Callable[[LanguageModel], None] = lambda model: None,
) -> LanguageModel:
    """Fit a policy to the annotator's choices; its implicit rewards are the reward model.

    Args:
        reference: where the policy starts, and what it is held to; it is not changed.
        pairs: the choices.
        beta: price of one nat of divergence from the reference.
        seed: of the minibatches.
        num_epochs: passes over the pairs.
        learning_rate: Adam's first step size.
        on_step: called after each gradient step.

    Returns:
        The policy. A gradient that is not finite ends the training, as in `fit`.

    Raises:
        ValueError: beta, seed, num_epochs or learning_rate is out of range.
    """
    check_default_device()
    seed = check_seed(seed)
    check_positive(beta=beta)
    model = reference.copy()
    with torch.no_grad():
        ref_chosen = response_log_prob(reference, pairs.prompt, pairs.chosen)
        ref_rejected = response_log_prob(reference, pairs.prompt, pairs.rejected)

    def loss(index: Tensor) -> Tensor:
        some = pairs.select(index)
        return maths.dpo_loss(
            response_log_prob(model, some.prompt, some.chosen),
            response_log_prob(model, some.prompt, some.rejected),
            ref_chosen[index],
            ref_rejected[index],
            beta,
        )

    generator = torch.Generator().manual_seed(seed)
    fit(
        model,
        loss,
        len(pairs),
        num_epochs,
        generator,
        learning_rate=learning_rate,
        on_step=lambda: on_step(model),
    )
    return model
