"""Notebook 13: the gradients of several workers become one."""

from __future__ import annotations

import torch
from torch import Tensor

from ppo_lesson.exercises.exercise import Case, Exercise, Function, Mistake, Property
from ppo_lesson.lessons.inputs import agree, normal
from ppo_lesson.maths import all_reduce_mean


def _case(label: str, gradient: list[list[float]] | Tensor, count: list[int], **kind: bool) -> Case:
    gradient = torch.as_tensor(gradient, dtype=torch.float64)
    return Case({"gradient": gradient, "count": torch.tensor(count)}, label, **kind)


_SMALL = _case("two workers, three parameters", [[1.0, -2.0, 0.0], [3.0, 4.0, 8.0]], [3, 1])
_NAN = float("nan")
_DRAWN = normal(131, 4, 3)
_EMPTY = torch.cat([_DRAWN[:2], torch.full((1, 3), _NAN, dtype=torch.float64), _DRAWN[2:]])
_BROKEN = _DRAWN.clone()
_BROKEN[1, 2] = _NAN


def _column(count: Tensor, gradient: Tensor) -> Tensor:
    return count.to(gradient.dtype).unsqueeze(-1)


def _share(gradient: Tensor, count: Tensor) -> Tensor:
    return _column(count, gradient) / count.sum()


def _plain(gradient: Tensor, count: Tensor) -> Tensor:
    return (_share(gradient, count) * gradient).sum(0)


def _per_worker_count(gradient: Tensor, count: Tensor) -> Tensor:
    return (gradient / _column(count, gradient).clamp(min=1)).sum(0)


def _inverse(gradient: Tensor, count: Tensor) -> Tensor:
    weight = 1 / _column(count, gradient).clamp(min=1)
    return (weight * gradient).sum(0) / weight.sum()


def _root(gradient: Tensor, count: Tensor) -> Tensor:
    weight = _column(count, gradient).sqrt()
    return (weight * gradient).sum(0) / weight.sum()


def _rows_without_nan(gradient: Tensor, count: Tensor) -> Tensor:
    kept = ~gradient.isnan().any(1)
    return _plain(gradient[kept], count[kept])


def _a_row_for_each_worker(gradient: Tensor, count: Tensor) -> Tensor:
    return all_reduce_mean(gradient, count).expand_as(gradient)


def _equal_shards_give_the_plain_mean(answer: Function) -> bool:
    gradient = normal(132, 3, 4)
    return agree(answer(gradient=gradient, count=torch.tensor([5, 5, 5])), gradient.mean(0))


def _a_worker_split_in_two_changes_nothing(answer: Function) -> bool:
    gradient = normal(133, 2, 3)
    split = answer(gradient=gradient[[0, 0, 1]], count=torch.tensor([2, 4, 3]))
    return agree(split, answer(gradient=gradient, count=torch.tensor([6, 3])))


def _only_proportions_matter(answer: Function) -> bool:
    gradient = normal(134, 3, 2)
    one, ten = (answer(gradient=gradient, count=n * torch.tensor([1, 2, 4])) for n in (1, 10))
    return agree(one, ten)


ALL_REDUCE_MEAN = Exercise(
    id="all_reduce_mean",
    minutes=5,
    prompt=r"""
Each worker has averaged the loss over *its own* samples and differentiated. Make of these
gradients the one that a single worker with all the samples would have.

- `gradient`: `(W, P)`, a row for each of W workers, a column for each of P parameters.
- `count`: `(W,)`, integers: how many samples each worker has.
- Return `(P,)`.

A worker may have no sample. The mean of nothing is NaN, so its row is NaN; it must count for
nothing. A NaN of a worker *with* samples is a fault, and has to show in the result.""",
    reference=all_reduce_mean,
    cases=(
        _SMALL,
        _case("one worker", [[0.5, -1.5, 2.0]], [7]),
        _case("four workers with equal counts", normal(135, 4, 3), [6, 6, 6, 6]),
        _case("four workers, very different counts", _DRAWN, [40, 1, 9, 2]),
        _case("more parameters than workers", normal(136, 3, 8), [2, 5, 11]),
        _case("a worker has no samples, its gradient is NaN", _EMPTY, [4, 1, 0, 9, 2], edge=True),
        _case(
            "a worker with samples has a NaN, which must be seen", _BROKEN, [4, 1, 9, 2], edge=True
        ),
    ),
    hints=(
        "The loss of all samples is a mean over samples. How much does one sample count in the "
        "mean of its worker, and how much should it count in the mean of all?",
        "Row w is a sum over samples, divided by count[w]. Multiply it by count[w], add up the "
        "rows, and divide by the number of all samples. Then think of 0 times NaN.",
        "Select the rows with samples first: has = count > 0. Then "
        "(count[has].unsqueeze(-1) * gradient[has]).sum(0) is what has to be divided.",
    ),
    mistakes=(
        Mistake(
            "All workers have the same weight, as in a plain all_reduce average. A sample of a "
            "worker with few samples then counts for more than one of a worker with many. Weight "
            "each row by its count.",
            lambda gradient, count: gradient.mean(0),
        ),
        Mistake(
            "You added the rows up. The result grows with the number of workers; a mean is asked "
            "for, weighted by samples.",
            lambda gradient, count: gradient.sum(0),
        ),
        Mistake(
            "You weighted by the counts and did not divide: this is the gradient of a sum over all "
            "samples, not of their mean.",
            lambda gradient, count: (_column(count, gradient) * gradient).sum(0),
        ),
        Mistake(
            "You weighted by the counts, then divided by the number of workers. Divide by the "
            "number of all samples.",
            lambda gradient, count: (_column(count, gradient) * gradient).mean(0),
        ),
        Mistake(
            "You divided each row by its count. A row is a mean over samples already, so that has "
            "been done: multiply by the count to get the sum back.",
            _per_worker_count,
        ),
        Mistake(
            "You added the rows up and divided by all samples, as if each row were a sum over its "
            "samples. It is a mean: multiply by its count first.",
            lambda gradient, count: gradient.sum(0) / count.sum(),
        ),
        Mistake(
            "Your weights are upside down: a worker with few samples counts for most.", _inverse
        ),
        Mistake(
            "You weighted by the square root of the counts. That belongs to standard errors; a sum "
            "over samples grows with their number.",
            _root,
        ),
        Mistake(
            "You kept the gradient of the worker with most samples. The others' samples are then "
            "wasted.",
            lambda gradient, count: gradient[count.argmax()],
        ),
        Mistake(
            "The numbers are right, once for every worker. Each worker gets them, but the result "
            "asked for has the shape (P,).",
            _a_row_for_each_worker,
        ),
        Mistake(
            "Right while everybody has samples. But 0 times NaN is NaN, so the row of a worker "
            "without samples spoils everything: leave that row out.",
            _plain,
        ),
        Mistake(
            "You turn every NaN into 0. That is right for a worker without samples, but it hides "
            "the fault of one that has some: leave out rows by their count, not by their values.",
            lambda gradient, count: _plain(gradient.nan_to_num(nan=0.0), count),
        ),
        Mistake(
            "You leave out every row with a NaN. That is right for a worker without samples, but "
            "it hides the fault of one that has some: leave out rows by their count, not by their "
            "values.",
            _rows_without_nan,
        ),
    ),
    properties=(
        Property(
            "With equal counts the result is the plain mean of the rows.",
            _equal_shards_give_the_plain_mean,
        ),
        Property(
            "A worker whose samples are dealt to two workers with the same gradient changes "
            "nothing.",
            _a_worker_split_in_two_changes_nothing,
        ),
        Property("Only the proportions of the counts matter.", _only_proportions_matter),
    ),
)
