from trading_world import at, risk_config

from src.trading_engine.circuit_breaker import Circuit, CircuitBreaker


def breaker(**changes):
    return CircuitBreaker(risk_config(**changes))


def trip(circuit, now=0.0):
    results = [circuit.failed(f"o{n}", at(now)) for n in range(5)]
    assert results == [False, False, False, False, True]


def test_five_failures_in_a_row_open_it_and_entries_are_refused():
    circuit = breaker()
    trip(circuit)
    assert circuit.state(at(0.0)) is Circuit.OPEN
    assert circuit.fault(at(29.999)) == "the circuit is open after failed orders"
    assert circuit.trips == 1


def test_a_success_starts_the_count_again():
    circuit = breaker(breaker_failure_rate=1.0)
    for n in range(4):
        circuit.failed(f"o{n}", at(0.0))
    circuit.succeeded("o5", at(0.0))
    for n in range(4):
        assert not circuit.failed(f"p{n}", at(0.0))
    assert circuit.state(at(0.0)) is Circuit.CLOSED


def test_half_of_ten_results_within_the_window_open_it():
    circuit = breaker(breaker_consecutive_failures=100)
    for n in range(5):
        circuit.succeeded(f"s{n}", at(n))
    assert [circuit.failed(f"f{n}", at(5.0 + n)) for n in range(5)] == [False] * 4 + [True]


def test_fewer_results_than_the_minimum_are_no_rate():
    circuit = breaker(breaker_consecutive_failures=100)
    assert not any(circuit.failed(f"f{n}", at(n)) for n in range(9))
    assert circuit.failed("f9", at(9.0))


def test_results_older_than_the_window_are_forgotten():
    circuit = breaker(breaker_consecutive_failures=100, breaker_failure_rate=0.5)
    for n in range(9):
        circuit.failed(f"f{n}", at(0.0))
    assert not circuit.failed("late", at(60.0))
    assert circuit.state(at(60.0)) is Circuit.CLOSED


def test_after_the_pause_one_probe_passes_and_its_success_closes_the_circuit():
    circuit = breaker()
    trip(circuit)
    assert circuit.state(at(30.0)) is Circuit.HALF_OPEN
    assert circuit.fault(at(30.0)) is None
    circuit.sent("probe", at(30.0))
    assert circuit.fault(at(30.1)) == "the circuit waits for its probe probe"
    assert not circuit.succeeded("another", at(30.2))
    assert circuit.succeeded("probe", at(30.3))
    assert circuit.state(at(30.3)) is Circuit.CLOSED
    assert circuit.fault(at(30.3)) is None


def test_a_probe_that_fails_opens_the_circuit_for_another_pause():
    circuit = breaker()
    trip(circuit)
    circuit.sent("probe", at(31.0))
    assert circuit.failed("probe", at(32.0))
    assert circuit.state(at(61.9)) is Circuit.OPEN
    assert circuit.state(at(62.0)) is Circuit.HALF_OPEN
    assert circuit.trips == 2


def test_a_late_failure_while_open_neither_trips_again_nor_lengthens_the_pause():
    circuit = breaker()
    trip(circuit)
    assert not circuit.failed("late", at(20.0))
    assert circuit.state(at(30.0)) is Circuit.HALF_OPEN
    assert circuit.trips == 1
