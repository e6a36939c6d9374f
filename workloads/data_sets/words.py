"""From texts to word numbers: cleaning, stop words, vocabulary, padding."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlprof.workloads.data_sets.found import Unusable

PADDING, UNKNOWN = 0, 1
FIRST_WORD = 2
_TAG = re.compile(
    r"<!--.*?-->|<(?:script|style)\b.*?</(?:script|style)\s*>|</?[a-zA-Z][^<>]*>", re.DOTALL | re.IGNORECASE
)
_APOSTROPHE = re.compile(r"(?<=\w)['’](?=\w)")
_SYMBOLS = re.compile(r"[^\w#+]|_")


def words_of(text: str, stop_words: frozenset[str]) -> list[str]:
    """The words of a text: without HTML, in small letters, without symbols (`c++` and `c#` stay) and stop words.

    An apostrophe within a word is left out: `don't` is `dont`.
    """
    plain = html.unescape(_TAG.sub(" ", text)).lower()
    spaced = _SYMBOLS.sub(" ", _APOSTROPHE.sub("", plain))
    return [word for word in spaced.split() if word.strip("#+") and word not in stop_words]


def english_stop_words() -> frozenset[str]:
    """scikit-learn's list.

    Raises:
        Unusable: it is not installed.
    """
    try:
        from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS
    except ImportError as error:
        raise Unusable(
            "stop words are scikit-learn's, which is not installed: pip install 'dlprof[metrics]'"
        ) from error
    return frozenset(ENGLISH_STOP_WORDS)


def vocabulary(texts: Iterable[Sequence[str]], size: int) -> dict[str, int]:
    """The number of each word, from FIRST_WORD to size - 1, the most frequent first; of equal ones by the alphabet."""
    counts = Counter(word for words in texts for word in words)
    ranked = sorted(counts, key=lambda word: (-counts[word], word))
    return {word: FIRST_WORD + rank for rank, word in enumerate(ranked[: size - FIRST_WORD])}


def numbers(words: Sequence[str], known: Mapping[str, int]) -> list[int]:
    """The numbers of `words`, UNKNOWN for those that are not in the vocabulary."""
    return [known.get(word, UNKNOWN) for word in words]


def padded(texts: Sequence[Sequence[int]], length: int) -> NDArray[np.int32]:
    """(texts, length): the last `length` numbers of each, PADDING before them, as Keras' `pad_sequences` has it."""
    found = np.full((len(texts), length), PADDING, np.int32)
    for row, text in zip(found, texts):
        last: Any = text[-length:]
        if len(last):
            row[-len(last) :] = last
    return found
