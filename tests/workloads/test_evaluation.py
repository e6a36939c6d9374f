"""Metrics of predictions, against scikit-learn used in another way, and by hand."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import classification_report, log_loss

from dlprof.workloads.evaluation import judged, metrics

NONE: Any = 0
"""A precision of nothing is 0; scikit-learn's types know only words."""
RANDOM = np.random.default_rng(0)


def test_of_labels_by_hand() -> None:
    found = metrics(np.array([[1.0, -1.0], [1.0, 1.0], [-1.0, -1.0]]), np.array([[1.0, 0], [0, 1], [1, 0]]))
    assert (found["precision"], found["recall"], found["f1"]) == pytest.approx((2 / 3, 2 / 3, 2 / 3))
    assert (found["accuracy"], found["exact_match"]) == pytest.approx((4 / 6, 1 / 3))
    assert (found["precision_macro"], found["recall_macro"]) == pytest.approx((0.75, 0.75))


def test_of_classes_by_hand() -> None:
    found = metrics(np.array([[2.0, 1.0], [0.0, 1.0], [0.0, 1.0]]), np.array([0, 1, 0]))
    assert found["accuracy"] == pytest.approx(2 / 3)
    assert found["f1"] == pytest.approx(2 / 3)


def test_classes_as_a_classification_report_has_them() -> None:
    logits, targets = RANDOM.normal(size=(200, 5)), RANDOM.integers(0, 4, 200)  # a class that never occurs
    found = metrics(logits, targets)
    expected: Any = classification_report(
        targets, logits.argmax(1), labels=range(5), output_dict=True, zero_division=NONE
    )
    averages = expected["macro avg"]
    assert found["accuracy"] == pytest.approx(np.mean(logits.argmax(1) == targets))
    assert [found[n] for n in ("precision", "recall", "f1")] == pytest.approx(list(averages.values())[:3])
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert found["loss"] == pytest.approx(log_loss(targets, probabilities, labels=range(5)))


def test_labels_as_a_classification_report_has_them() -> None:
    logits, targets = RANDOM.normal(size=(200, 5)), (RANDOM.random((200, 5)) < 0.3).astype(np.float32)
    found = metrics(logits, targets)
    expected: Any = classification_report(targets, logits > 0, output_dict=True, zero_division=NONE)
    for suffix, average in (("", "micro avg"), ("_macro", "macro avg")):
        of_ours = [found[name + suffix] for name in ("precision", "recall", "f1")]
        assert of_ours == pytest.approx(list(expected[average].values())[:3])
    assert found["loss"] == pytest.approx(log_loss(targets.ravel(), 1 / (1 + np.exp(-logits.ravel()))))


def test_a_loss_beyond_what_a_probability_can_say() -> None:
    assert metrics(np.array([[1000.0, 0.0]]), np.array([1]))["loss"] == pytest.approx(1000)
    assert metrics(np.array([[1000.0, -1000.0]]), np.array([[0.0, 1.0]]))["loss"] == pytest.approx(1000)


@pytest.mark.parametrize(
    ("logits", "reason"),
    [
        (np.zeros((3, 10)), "shape (3, 10), not (4, 10)"),
        (np.zeros((4, 2)), "shape (4, 2), not (4, 3)"),
        (np.zeros(4), "shape"),
        (np.zeros((4, 3), np.int64), "int64"),
        (np.full((4, 3), np.nan), "diverged"),
        (np.array([[{}]], dtype=object), "cannot be read"),
        (None, "no predictions"),
    ],
)
def test_what_is_no_prediction_has_a_reason(tmp_path: Path, logits: Any, reason: str) -> None:
    np.save(tmp_path / "y.npy", np.array([0, 1, 2, 0]))
    if logits is not None:
        np.save(tmp_path / "logits.npy", logits, allow_pickle=True)
    assert reason in judged(tmp_path / "logits.npy", tmp_path / "y.npy")["reason"]


def test_bytes_that_claim_more_than_they_hold(tmp_path: Path) -> None:
    np.save(tmp_path / "y.npy", np.array([0, 1]))
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999, 10), }".ljust(117) + b"\n"
    (tmp_path / "logits.npy").write_bytes(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)
    assert "cannot be read" in judged(tmp_path / "logits.npy", tmp_path / "y.npy")["reason"]


def test_a_line_is_answered_by_a_line(tmp_path: Path) -> None:
    np.save(tmp_path / "y.npy", np.array([0, 1]))
    np.save(tmp_path / "logits.npy", np.eye(2, dtype=np.float32))
    question = json.dumps({"logits": str(tmp_path / "logits.npy"), "targets": str(tmp_path / "y.npy")})
    command = [sys.executable, "-c", "from dlprof.workloads import evaluation; evaluation.main()"]
    done = subprocess.run(command, input=f"{question}\n{question}\n", capture_output=True, text=True, check=True)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["accuracy"] for answer in answers] == [1.0, 1.0]
