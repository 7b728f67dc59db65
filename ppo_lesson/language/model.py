"""A small causal transformer over the words of `worlds.grammar`: the policy, and the reward model.

A response a_0 ... a_{T-1} to a prompt is an episode: the state s_t is the prompt and the tokens so
far, the action a_t is the next token, and logits[:, t] are the policy's for a_t.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from ppo_lesson import maths
from ppo_lesson.maths.shapes import check_indices, check_integers, check_seed
from ppo_lesson.training.steps import NotFiniteError, check_default_device
from ppo_lesson.worlds.grammar import MAX_LENGTH, PROMPTS, WORDS, Sentences, real_tokens

WIDTH, NUM_HEADS, NUM_LAYERS = 48, 4, 1
HEADS = ("sum", "last token")
"""How a `RewardModel` turns what it reads at the tokens into one score."""


class Block(nn.Module):
    """Let every position look at itself and those before it, then think for itself.

    Attention of a head: softmax(Q K' / sqrt(d)) V, where the softmax is over itself and the past.
    """

    def __init__(self, width: int, num_heads: int) -> None:
        """Make the layers."""
        super().__init__()
        self.num_heads = num_heads
        self.attention_norm, self.thought_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.query_key_value = nn.Linear(width, 3 * width)
        self.output = nn.Linear(width, width)
        self.thought = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )

    def forward(self, hidden: Tensor) -> Tensor:
        """Map (B, L, D) to (B, L, D)."""
        size, length, width = hidden.shape
        heads = self.query_key_value(self.attention_norm(hidden))
        heads = heads.view(size, length, 3, self.num_heads, width // self.num_heads)
        query, key, value = heads.permute(2, 0, 3, 1, 4)
        seen = scaled_dot_product_attention(query, key, value, is_causal=True)
        hidden = hidden + self.output(seen.transpose(1, 2).reshape(size, length, width))
        return hidden + self.thought(self.thought_norm(hidden))


class Trunk(nn.Module):
    """Read a prompt and a response; position 0 is the prompt, position t + 1 is token t."""

    def __init__(self) -> None:
        """Make embeddings and blocks."""
        super().__init__()
        self.embedding = nn.Embedding(len(WORDS) + len(PROMPTS), WIDTH)
        self.position = nn.Parameter(0.02 * torch.randn(MAX_LENGTH + 1, WIDTH))
        self.blocks = nn.Sequential(*(Block(WIDTH, NUM_HEADS) for _ in range(NUM_LAYERS)))
        self.norm = nn.LayerNorm(WIDTH)

    def forward(self, prompt: Tensor, token: Tensor) -> Tensor:
        """Map (B,) prompts and (B, L) tokens, L at most T, to (B, L + 1, D)."""
        check_integers("B", prompt=prompt)
        check_indices(len(PROMPTS), prompt=prompt)
        read = torch.cat([prompt.unsqueeze(-1) + len(WORDS), token], dim=-1)
        hidden = self.embedding(read) + self.position[: read.shape[1]]
        return self.norm(self.blocks(hidden))


@contextmanager
def _float32_from(seed: int) -> Iterator[None]:
    """Draw weights that depend on the seed alone, in float32 whatever torch's default is."""
    seed = check_seed(seed)
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float32)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            yield
    finally:
        torch.set_default_dtype(before)


class LanguageModel(nn.Module):
    """A policy over tokens with a critic; both read the state before the token is chosen.

    Args:
        seed: of the initial weights; torch's global random state is neither read nor changed.
    """

    def __init__(self, seed: int) -> None:
        """Make the trunks: the critic has its own, so that its loss does not move the policy."""
        super().__init__()
        with _float32_from(seed):
            self.actor, self.critic = Trunk(), Trunk()
            self.actor_head, self.critic_head = nn.Linear(WIDTH, len(WORDS)), nn.Linear(WIDTH, 1)

    def logits(self, prompt: Tensor, token: Tensor) -> Tensor:
        """Return the policy's logits for each token: (B,), (B, T) -> (B, T, V)."""
        return self.actor_head(self.actor(prompt, token[:, :-1]))

    def value(self, prompt: Tensor, token: Tensor) -> Tensor:
        """Return the critic's value of the state before each token: (B,), (B, T) -> (B, T)."""
        return self.critic_head(self.critic(prompt, token[:, :-1])).squeeze(-1)

    def log_prob(self, prompt: Tensor, token: Tensor) -> Tensor:
        """Return the log-probability of each token, padding included: (B,), (B, T) -> (B, T)."""
        logits = self.logits(prompt, token)
        flat = maths.action_log_prob(logits.flatten(0, 1), token.flatten())
        return flat.view_as(token)

    def copy(self) -> LanguageModel:
        """Return a model of its own with the same weights."""
        return copy.deepcopy(self)


class RewardModel(nn.Module):
    """One number for a whole response, made of a number that a linear layer reads at each token.

    Two accurate reward models may score differently what nobody has compared: that is what the
    head decides.

    Args:
        seed: of the initial weights.
        head: "sum" adds up the numbers of all real tokens; "last token" takes that of the last
            real token alone, as Ouyang et al. (2022) and TRL do.

    Raises:
        ValueError: there is no such head.
    """

    def __init__(self, seed: int, head: str = "sum") -> None:
        """Make the layers; they are the same for both heads."""
        super().__init__()
        if head not in HEADS:
            raise ValueError(f"head: expected one of {', '.join(HEADS)}, got {head!r}")
        self.head = head
        with _float32_from(seed):
            self.trunk, self.readout = Trunk(), nn.Linear(WIDTH, 1)

    def forward(self, prompt: Tensor, token: Tensor) -> Tensor:
        """Score (B,) prompts with (B, T) responses: (B,)."""
        each = self.readout(self.trunk(prompt, token)[:, 1:]).squeeze(-1)
        real = real_tokens(token)
        if self.head == "sum":
            return each.masked_fill(~real, 0.0).sum(-1)
        last = real.sum(-1, keepdim=True) - 1  # a response's real tokens come first
        return each.gather(-1, last).squeeze(-1)


@dataclass(frozen=True, eq=False)
class Responses:
    """What a model said, and how likely it was to say it.

    Args:
        prompt: (B,) index of the prompt.
        token: (B, T) integers; full stops behind the end.
        mask: (B, T) bool, true up to the end.
        log_prob: (B, T) of each token under the distribution that it was drawn from; 0 on padding.
    """

    prompt: Tensor
    token: Tensor
    mask: Tensor
    log_prob: Tensor


@torch.no_grad()
def respond(
    model: LanguageModel,
    prompt: Tensor,
    generator: torch.Generator,
    *,
    temperature: float = 1.0,
    top_k: int = len(WORDS),
) -> Responses:
    """Draw a response to each prompt, token by token.

    Args:
        model: the policy.
        prompt: (B,) indices.
        generator: of the draws.
        temperature: divides the logits, above 0.
        top_k: how many tokens can be drawn, 1 to V.

    Raises:
        ValueError: prompt, temperature or top_k is out of range.
        NotFiniteError: the model's logits are NaN.
    """
    check_default_device()
    size = len(prompt)
    token = torch.zeros(size, MAX_LENGTH, dtype=torch.long)
    log_prob = torch.zeros(size, MAX_LENGTH, dtype=torch.float32)
    for t in range(MAX_LENGTH):
        logits = model.actor_head(model.actor(prompt, token[:, :t])[:, -1])
        # Scored as it is drawn: from these logits, whatever temperature and top_k made of them.
        drawn_from = torch.log_softmax(maths.behaviour_logits(logits, temperature, top_k), -1)
        if drawn_from.isnan().any():
            raise NotFiniteError("the policy's logits are not finite")
        drawn = torch.multinomial(drawn_from.exp(), 1, generator=generator)
        token[:, t : t + 1] = drawn
        log_prob[:, t : t + 1] = drawn_from.gather(-1, drawn)
    mask = real_tokens(token)
    return Responses(prompt, token * mask, mask, log_prob.masked_fill(~mask, 0.0))


def response_log_prob(model: LanguageModel, prompt: Tensor, token: Tensor) -> Tensor:
    """Return the log-probability of whole responses: (B,), (B, T) -> (B,)."""
    return model.log_prob(prompt, token).masked_fill(~real_tokens(token), 0.0).sum(-1)


def every_log_prob(
    model: LanguageModel,
    every: Sentences,
    *,
    temperature: float = 1.0,
    top_k: int = len(WORDS),
) -> Tensor:
    """Return the log-probability of every response to every prompt; its exp sums to 1 per prompt.

    Args:
        model: the policy.
        every: the `sentences()`, S of them.
        temperature: as in `respond`.
        top_k: as in `respond`.

    Returns:
        (P, S) log-probabilities in nats.
    """
    # What the model reads before the last token is the same for up to 12 responses.
    read, which = every.token[:, :-1].unique(dim=0, return_inverse=True)
    read = torch.cat([read, read[:, :1]], dim=-1)  # the last token is not read
    rows = []
    for prompt in range(len(PROMPTS)):
        logits = model.logits(torch.full((len(read),), prompt), read)
        drawn_from = maths.behaviour_logits(logits.flatten(0, 1), temperature, top_k)
        log_probs = torch.log_softmax(drawn_from, dim=-1).view_as(logits)[which]
        each = log_probs.gather(-1, every.token.unsqueeze(-1)).squeeze(-1)
        rows.append(each.masked_fill(~every.mask, 0.0).sum(-1))
    return torch.stack(rows)


def every_score(model: RewardModel, every: Sentences) -> Tensor:
    """Return the reward model's score of every response to every prompt.

    Args:
        model: the reward model.
        every: the `sentences()`, S of them.

    Returns:
        (P, S) scores.
    """
    prompts = torch.arange(len(PROMPTS)).unsqueeze(-1).expand(-1, len(every))
    return torch.stack([model(prompt, every.token) for prompt in prompts])
