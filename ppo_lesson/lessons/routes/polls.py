"""Which question a class answers by show of hands before an explorer is moved."""

from __future__ import annotations

POLLS: dict[str, str] = {
    "proposal_explorer": "predict-best-die",
    "weight_rain": "predict-harmless-steps",
    "surrogate_cliff": "predict-many-steps",
    "ratio_explosion": "predict-noise",
    "clip_lab": "predict-silent-cases",
    "lambda_dial": "predict-perfect-critic",
    "token_ratios": "lm-token-ratios",
    "length_bias": "grpo-longer-mistake",
}
"""Name of an explorer -> id of a question that it answers, or whose answer it goes on from."""
