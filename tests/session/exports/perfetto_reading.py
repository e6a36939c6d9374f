"""Reads a Perfetto trace by its official descriptors, as its trace processor does: slices nest on their track."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from perfetto.protos.perfetto.trace import perfetto_trace_pb2 as pb


@dataclass
class Slice:
    track: str
    name: str
    clock: str
    depth: int
    start_ns: int
    end_ns: int = -1
    said: dict[str, Any] = field(default_factory=dict)


@dataclass
class Trace:
    """What the trace holds; the first of each key is the process, `""` where a track has none."""

    slices: dict[str, list[Slice]] = field(default_factory=lambda: defaultdict(list))
    instants: dict[str, list[Slice]] = field(default_factory=lambda: defaultdict(list))
    counters: dict[tuple[str, str], list[tuple[int, float]]] = field(default_factory=lambda: defaultdict(list))
    units: dict[tuple[str, str], str] = field(default_factory=dict)
    samples: dict[tuple[str, str], list[tuple[int, list[tuple[str, str, int]]]]] = field(
        default_factory=lambda: defaultdict(list)
    )


def read(pieces: Iterable[bytes]) -> Trace:
    message = pb.Trace()
    message.ParseFromString(b"".join(pieces))
    return _Reader().read(message)


class _Reader:
    def __init__(self) -> None:
        self.trace = Trace()
        self.tracks: dict[int, Any] = {}
        self.names: dict[tuple[int, str, int], Any] = {}
        self.defaults: dict[int, Any] = {}
        self.threads: dict[tuple[int, int], str] = {}
        self.open: dict[int, list[Slice]] = defaultdict(list)

    def read(self, message: Any) -> Trace:
        for packet in message.packet:
            if packet.HasField("track_descriptor"):
                self.describe(packet.track_descriptor)
            if packet.HasField("trace_packet_defaults"):
                self.defaults[packet.trusted_packet_sequence_id] = packet.trace_packet_defaults
            for table, entries in packet.interned_data.ListFields():
                for entry in entries:
                    key = packet.trusted_packet_sequence_id, table.name, entry.iid
                    assert key not in self.names
                    self.names[key] = entry
        # The trace processor sorts by time, and keeps the order of the file where that is equal.
        for packet in sorted(message.packet, key=lambda packet: packet.timestamp):
            if packet.HasField("track_event"):
                self.event(packet, packet.track_event)
            if packet.HasField("perf_sample"):
                self.sample(packet, packet.perf_sample)
        assert not any(self.open.values()), "slices without an end"
        return self.trace

    def describe(self, track: Any) -> None:
        assert track.uuid not in self.tracks
        assert not track.parent_uuid or track.parent_uuid in self.tracks
        self.tracks[track.uuid] = track
        if track.HasField("thread"):
            self.threads[track.thread.pid, track.thread.tid] = track.thread.thread_name

    def group(self, uuid: int) -> str:
        track = self.tracks[uuid]
        if track.HasField("process"):
            return track.process.process_name
        return self.group(track.parent_uuid) if track.parent_uuid else track.name

    def event(self, packet: Any, event: Any) -> None:
        sequence = packet.trusted_packet_sequence_id
        uuid = event.track_uuid or self.defaults[sequence].track_event_defaults.track_uuid
        track, group = self.tracks[uuid], self.group(uuid)
        if event.type == pb.TrackEvent.TYPE_COUNTER:
            unit = "bytes" if track.counter.unit == pb.CounterDescriptor.UNIT_SIZE_BYTES else track.counter.unit_name
            self.trace.units[group, track.name] = unit
            self.trace.counters[group, track.name].append((packet.timestamp, event.double_counter_value))
        elif event.type == pb.TrackEvent.TYPE_SLICE_END:
            self.open[uuid].pop().end_ns = packet.timestamp
        else:
            name = event.name or self.names[sequence, "event_names", event.name_iid].name
            clocks = [self.names[sequence, "event_categories", iid].name for iid in event.category_iids]
            found = Slice(track.name, name, ",".join(clocks), len(self.open[uuid]), packet.timestamp)
            for said in event.debug_annotations:
                key = said.name or self.names[sequence, "debug_annotation_names", said.name_iid].name
                found.said[key] = getattr(said, said.WhichOneof("value"))
            if event.type == pb.TrackEvent.TYPE_INSTANT:
                self.trace.instants[group].append(found)
            else:
                self.open[uuid].append(found)
                self.trace.slices[group].append(found)

    def sample(self, packet: Any, sample: Any) -> None:
        sequence = packet.trusted_packet_sequence_id
        stack = []
        for iid in self.names[sequence, "callstacks", sample.callstack_iid].frame_ids:
            frame = self.names[sequence, "frames", iid]
            assert (sequence, "mappings", frame.mapping_id) in self.names
            name = self.names[sequence, "function_names", frame.function_name_id].str.decode()
            file = self.names[sequence, "source_paths", frame.source_path_iid].str.decode()
            stack.append((name, file, frame.line_number))
        process = next(t.process.process_name for t in self.tracks.values() if t.process.pid == sample.pid)
        self.trace.samples[process, self.threads[sample.pid, sample.tid]].append((packet.timestamp, stack))
