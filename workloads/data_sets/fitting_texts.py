"""Makes texts fit a task: word numbers of its vocabulary, padded to its length, and a 0 or 1 for each label."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlprof.workloads.data import Samples
from dlprof.workloads.data_sets import words
from dlprof.workloads.data_sets.found import Part, Unusable
from dlprof.workloads.synthetic import Texts

MOST_LABELS = 1000
_BEFORE_WORDS = 3
"""Numbers that Keras keeps free: its `load_data` gives word n the number n + 3, 1 begins a text, 2 is unknown."""
_BEGIN, _UNKNOWN = 1, 2


def numbered(train: Part, held_out: Part, wanted: Texts) -> tuple[Samples, Samples]:
    """IMDB or Reuters, with the numbers that `keras.datasets` gives with as many words.

    Of two classes there is one label, whether it is the second; of more, one for each.

    Raises:
        Unusable: there are too many classes.
    """
    classes = np.concatenate([train.y, held_out.y])
    low, high = int(classes.min()), int(classes.max())
    if low < 0 or not 1 <= high < MOST_LABELS:
        raise Unusable(
            f"{train.file}: its targets go from {low} to {high}; expected classes from 0 to at most {MOST_LABELS - 1}"
        )
    first, second = (Samples(_as_keras(part.x, wanted), _one_hot(part.y, high + 1)) for part in (train, held_out))
    return first, second


def _as_keras(texts: NDArray[Any], wanted: Texts) -> NDArray[np.int32]:
    most = wanted.vocabulary - _BEFORE_WORDS
    kept = [[_BEGIN, *(n + _BEFORE_WORDS if 0 < n < most else _UNKNOWN for n in text)] for text in texts]
    return words.padded(kept, wanted.length)


def _one_hot(classes: NDArray[Any], count: int) -> NDArray[np.float32]:
    if count == 2:
        return classes.reshape(-1, 1).astype(np.float32)
    return np.eye(count, dtype=np.float32)[classes]


def cleaned(train: Part, held_out: Part, wanted: Texts) -> tuple[Samples, Samples]:
    """Texts, each with its labels. The vocabulary is that of `train` alone, the labels are all there are.

    Raises:
        Unusable: no text has a label, or there are too many labels.
    """
    labels = sorted({label for part in (train, held_out) for of_text in part.y for label in of_text})
    if not 1 <= len(labels) <= MOST_LABELS:
        raise Unusable(f"{train.file} has {len(labels):,} different labels; expected 1 to {MOST_LABELS}")
    stop_words = words.english_stop_words()
    texts, others = ([words.words_of(text, stop_words) for text in part.x] for part in (train, held_out))
    known = words.vocabulary(texts, wanted.vocabulary)
    inputs = (words.padded([words.numbers(text, known) for text in part], wanted.length) for part in (texts, others))
    first, second = (Samples(x, _marked(part.y, labels)) for x, part in zip(inputs, (train, held_out)))
    return first, second


def _marked(labels_of_texts: NDArray[Any], labels: Sequence[str]) -> NDArray[np.float32]:
    """(texts, labels): 1 where a text has the label."""
    column = {label: number for number, label in enumerate(labels)}
    found = np.zeros((len(labels_of_texts), len(labels)), np.float32)
    for row, of_text in zip(found, labels_of_texts):
        row[[column[label] for label in of_text]] = 1
    return found
