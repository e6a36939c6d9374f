import numpy as np
import pytest
from perfetto.protos.perfetto.trace import perfetto_trace_pb2 as pb

from dlprof.session.exports.protobuf import HIGHEST, double, integer, joined, message, text

NUMBERS = [0, 1, 127, 128, 300, 2**31, 2**55, HIGHEST]


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number(number: int) -> None:
    packet = pb.TracePacket.FromString(integer(8, number).tobytes())
    assert packet.timestamp == number


def test_numbers_of_many_messages() -> None:
    losses = np.array([0.1 * number for number in NUMBERS])
    event = message(11, integer(30, np.array(NUMBERS)), double(44, losses), text(23, "é" * 200))
    trace = pb.Trace.FromString(message(1, integer(8, np.array(NUMBERS)), event, integer(10, 7)).tobytes())
    assert [packet.timestamp for packet in trace.packet] == NUMBERS
    assert [packet.track_event.double_counter_value for packet in trace.packet] == losses.tolist()
    assert {(p.track_event.name, p.trusted_packet_sequence_id) for p in trace.packet} == {("é" * 200, 7)}


def test_numbers_that_do_not_fit_are_cut() -> None:
    trace = pb.Trace.FromString(message(1, integer(8, np.array([-1, 2**62]))).tobytes())
    assert [packet.timestamp for packet in trace.packet] == [0, HIGHEST]


def test_no_messages() -> None:
    assert joined(integer(8, np.array([], np.int64)), text(23, "a")).tobytes() == b""
