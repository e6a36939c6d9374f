from pathlib import Path

import builder
import pytest
from prometheus_client import parser as prometheus
from prometheus_client.openmetrics import parser

from dlprof.session.exports.openmetrics import openmetrics
from dlprof.session.file import SessionReader
from dlprof.session.history import SessionHistory
from dlprof.session.phases import phase_figures
from dlprof.session.records import Event, Run

Found = dict[tuple[str, frozenset[tuple[str, str]]], float]


def parsed(session: SessionHistory) -> Found:
    families = list(parser.text_string_to_metric_families(b"".join(openmetrics(session)).decode()))
    assert all(family.documentation and family.name.endswith(family.unit) for family in families)
    samples = [sample for family in families for sample in family.samples]
    found = {(sample.name, frozenset(sample.labels.items())): sample.value for sample in samples}
    assert len(found) == len(samples)
    return found


def value(found: Found, name: str, **labels: str) -> float:
    (figure,) = (v for (key, said), v in found.items() if key == name and said >= set(labels.items()))
    return figure


def test_the_figures_are_those_of_the_session(session: SessionHistory) -> None:
    found = parsed(session)
    assert value(found, "dlprof_complete") == 1
    assert value(found, "dlprof_recorded_seconds") == 100
    for run in session.runs:
        lane = {"lane": run.run.lane, "task": "mnist-mlp", "repeat": "0", "run": str(run.run.id)}
        counts = run.steps.counts
        assert value(found, "dlprof_steps_total", **lane, **{"class": "counted"}) == counts.counted
        assert value(found, "dlprof_steps_total", **lane, **{"class": "warm-up"}) == counts.warm_up
        assert value(found, "dlprof_steps_dropped_total", **lane) == 0
        assert value(found, "dlprof_stepping_seconds_total", **lane) == run.stepping_ns / 1e9
        for phase, figures in phase_figures(run).items():
            median = value(found, "dlprof_phase_seconds", **lane, phase=phase, quantile="0.5", clock="host")
            assert median == pytest.approx((figures.spread.median_ns or 0) / 1e9, rel=1e-12)
        assert value(found, "dlprof_host_memory_bytes", **lane, kind="resident") == run.host[-1].rss
        losses = run.steps.column("loss")
        assert value(found, "dlprof_loss", **lane) == losses[losses == losses][-1]
        assert value(found, "dlprof_run_status", **lane, status=run.status) == 1
    assert value(found, "dlprof_gpu_used_bytes", device="GPU-1") == 10
    assert value(found, "dlprof_gpu_power_watts", device="GPU-1") == 70
    assert value(found, "dlprof_gpu_clock_hertz", device="GPU-1") == 1.5e9


def test_what_is_not_available_is_left_out(session: SessionHistory) -> None:
    names = {name for name, _ in parsed(session)}
    assert "dlprof_allocator_bytes" not in names
    kinds = {dict(labels).get("kind") for name, labels in parsed(session) if name == "dlprof_host_memory_bytes"}
    assert kinds == {"resident", "unique", "peak resident"}


def test_the_older_text_format_reads_it_too(session: SessionHistory) -> None:
    text = b"".join(openmetrics(session)).decode()
    older = {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in prometheus.text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert older == parsed(session)


def test_the_documentation_names_every_metric(session: SessionHistory) -> None:
    text = (Path(__file__).parents[3] / "docs" / "export.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in text or f"`{name}{{" in text for name, _ in parsed(session))


def test_a_running_session_with_names_that_need_quoting(tmp_path: Path) -> None:
    path = tmp_path / "live.dlprof"
    writer = builder.new_writer(path)
    writer.add([Run(1, 'a"b\\c=1', "torch", None, "default", "t", 0, "cpu", 1)])
    writer.add([Event(1, 1, "status", {"status": "warming up"})])
    writer.commit(builder.SECOND)
    found = parsed(SessionReader(path).history())
    assert value(found, "dlprof_complete") == 0
    assert value(found, "dlprof_run_status", lane='a"b\\c=1', status="warming up") == 1
