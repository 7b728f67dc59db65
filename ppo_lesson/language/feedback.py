"""What comes before the reinforcement learning: the reference, the pairs, the reward model.

All of it is supervised learning, by maximum likelihood.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ppo_lesson import maths
from ppo_lesson.language.model import LanguageModel, RewardModel, respond, response_log_prob
from ppo_lesson.maths.shapes import check_count, check_positive, check_seed
from ppo_lesson.training.config import check_learning_rate
from ppo_lesson.training.steps import NotFiniteError, check_default_device, gradient_step
from ppo_lesson.worlds import grammar

SLIP = 1 / 100  # share of the words that people mistype
BATCH_SIZE = 512  # of supervised training
FINAL_SHARE = 0.05  # of the first learning rate, at the end of supervised training


@dataclass(frozen=True)
class Pairs:
    """Two responses to the same prompt, and which one the annotator preferred.

    Args:
        prompt: (N,) index of the prompt.
        chosen: (N, T) tokens of the preferred response.
        rejected: (N, T) tokens of the other one.
    """

    prompt: Tensor
    chosen: Tensor
    rejected: Tensor

    def __len__(self) -> int:
        """Count them."""
        return len(self.prompt)

    def select(self, index: Tensor) -> Pairs:
        """Take some of them."""
        return Pairs(self.prompt[index], self.chosen[index], self.rejected[index])


def pretrain(seed: int, num_sentences: int = 20_000, num_epochs: int = 4) -> LanguageModel:
    """Train the reference on what people write, one word in a hundred mistyped.

    Minimises minus the mean log-probability of a response. The slips give every sentence some
    probability: without support nothing can be learned later (notebook 03).

    Args:
        seed: of weights and sentences.
        num_sentences: that people wrote.
        num_epochs: passes over them.
    """
    check_default_device()
    seed, num_sentences = check_seed(seed), check_count("num_sentences", num_sentences)
    check_count("num_epochs", num_epochs)
    generator, model = torch.Generator().manual_seed(seed), LanguageModel(seed)
    prompt = draw_prompts(num_sentences, generator)
    written = torch.stack(
        [
            torch.multinomial(row, num_sentences, True, generator=generator)
            for row in grammar.corpus()
        ]
    )[prompt, torch.arange(num_sentences)]
    token = grammar.sentences().token[written]
    token = mistype(token, generator)

    def loss(index: Tensor) -> Tensor:
        return -response_log_prob(model, prompt[index], token[index]).mean()

    fit(model, loss, num_sentences, num_epochs, generator)
    return model


def mistype(token: Tensor, generator: torch.Generator) -> Tensor:
    """Put any word in the place of one in a hundred, all words alike: (B, T) -> (B, T)."""
    slip = torch.rand(token.shape, generator=generator, dtype=torch.float32) < SLIP
    mistyped = torch.randint(len(grammar.WORDS), token.shape, generator=generator)
    token = torch.where(slip, mistyped, token)
    return token * grammar.real_tokens(token)


def collect_pairs(
    model: LanguageModel, num_pairs: int, generator: torch.Generator, noise: float = 1.0
) -> Pairs:
    """Draw two responses to each prompt, and let the annotator choose.

    Args:
        model: the policy that responds.
        num_pairs: how many.
        generator: of prompts, responses and choices.
        noise: of the annotator, see `grammar.prefers_first`.
    """
    check_default_device()
    num_pairs = check_count("num_pairs", num_pairs)
    check_positive(noise=noise)
    prompt = draw_prompts(num_pairs, generator)
    first, second = (respond(model, prompt, generator).token for _ in range(2))
    return choose(prompt, first, second, generator, noise)


def choose(
    prompt: Tensor, first: Tensor, second: Tensor, generator: torch.Generator, noise: float = 1.0
) -> Pairs:
    """Let the annotator choose between two responses to each prompt.

    Args:
        prompt: (N,) index of the prompt.
        first: (N, T) tokens of one response.
        second: (N, T) tokens of the other.
        generator: of the choices.
        noise: of the annotator, see `grammar.prefers_first`.
    """
    reward = grammar.true_reward()
    first_reward, second_reward = (
        reward[prompt, grammar.sentence_index(token)] for token in (first, second)
    )
    probability = grammar.prefers_first(first_reward, second_reward, noise)
    is_first = (
        torch.rand(len(prompt), generator=generator, dtype=torch.float32) < probability
    ).unsqueeze(-1)
    return Pairs(prompt, torch.where(is_first, first, second), torch.where(is_first, second, first))


def fit_reward_model(
    pairs: Pairs, seed: int, num_epochs: int = 4, *, head: str = "sum"
) -> RewardModel:
    """Fit a score to the annotator's choices, by the loss of Bradley and Terry.

    Args:
        pairs: the choices.
        seed: of weights and minibatches.
        num_epochs: passes over the pairs.
        head: of the `RewardModel`, "sum" or "last token".
    """
    check_default_device()
    seed = check_seed(seed)
    generator, model = torch.Generator().manual_seed(seed), RewardModel(seed, head)

    def loss(index: Tensor) -> Tensor:
        some = pairs.select(index)
        return maths.bradley_terry_loss(
            model(some.prompt, some.chosen), model(some.prompt, some.rejected)
        )

    fit(model, loss, len(pairs), num_epochs, generator)
    return model


def draw_prompts(count: int, generator: torch.Generator) -> Tensor:
    """Draw prompts evenly."""
    return torch.randint(len(grammar.PROMPTS), (check_count("count", count),), generator=generator)


def fit(
    model: nn.Module,
    loss: Callable[[Tensor], Tensor],
    num_samples: int,
    num_epochs: int,
    generator: torch.Generator,
    *,
    learning_rate: float = 3e-3,
    on_step: Callable[[], None] = lambda: None,
) -> None:
    """Minimise the loss of index sets; the step size falls along a line.

    A gradient that is not finite ends it, with one RuntimeWarning that names it and the step; the
    model keeps the weights of the step before. So it is wherever models are fitted by this.

    Args:
        model: what is fitted, in place.
        loss: from the indices of a minibatch to its loss, ().
        num_samples: how many there are.
        num_epochs: passes over them.
        generator: source of the minibatches.
        learning_rate: Adam's first step size, above 0.
        on_step: called after each gradient step.

    Raises:
        ValueError: a count or the learning rate is out of range, or the loss has no gradient.
    """
    check_learning_rate(learning_rate)
    batches = list(_epochs(num_samples, check_count("num_epochs", num_epochs), generator))
    optimizer = torch.optim.Adam(model.parameters(), learning_rate)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, FINAL_SHARE, len(batches))
    for step, index in enumerate(batches, 1):
        try:
            gradient_step(optimizer, loss(index), math.inf)
        except NotFiniteError as error:
            stopped = f"{error} in step {step} of {len(batches)}"
            warnings.warn(f"training stopped: {stopped}", RuntimeWarning, stacklevel=3)
            return
        schedule.step()
        on_step()


def _epochs(num_samples: int, num_epochs: int, generator: torch.Generator) -> Iterator[Tensor]:
    for _ in range(num_epochs):
        yield from maths.minibatches(num_samples, BATCH_SIZE, generator)
