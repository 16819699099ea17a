"""A recording becomes what a scorecard judges."""

import pytest
from detector_world import CONFIG_FOLDER, config
from recording_world import START_NS, book, recording, trade

from src.app.sections import session_config
from src.backtest.contenders import contenders
from src.backtest.watching import tape_of, watch
from src.domain.errors import InvalidData
from src.domain.transitions import DetectorState, Transition
from src.runtime.settings import load

SECOND = 1_000_000_000


def test_a_tape_has_the_prints_alone_in_the_exchanges_order():
    rows = [
        *book(100.0, 0.0),
        trade(100.25, 1.0, 1.0, id=1),
        trade(99.0, 1.0, 3.0, id=2, buy=True),
        *book(99.0, 3.1, id=2),
        (*trade(98.0, 1.0, 2.0, id=3)[:2], START_NS + 4 * SECOND, *trade(98.0, 1.0, 2.0, id=3)[3:]),
    ]
    tape = tape_of(recording(rows, name="day"))
    assert (tape.name, tape.symbol, tape.synthetic_book) == ("day", "TRXUSDT", True)
    assert tape.price.tolist() == [100.25, 98.0, 99.0]
    assert (tape.exchange_ts_ns - START_NS).tolist() == [1 * SECOND, 2 * SECOND, 3 * SECOND]
    assert tape.watched_ns == 2 * SECOND


def test_what_came_before_a_recording_is_live_is_not_judged():
    rows = [*book(100.0, 0.0), trade(100.0, 1.0, 1.0, id=1), trade(99.0, 1.0, 3.0, id=2)]
    assert tape_of(recording(rows, live_from_ns=START_NS + 2 * SECOND)).price.tolist() == [99.0]


def test_a_recording_without_prints_is_refused():
    with pytest.raises(InvalidData, match=r"by hand: no print of TRXUSDT"):
        tape_of(recording(book(100.0, 0.0)))


def test_every_contender_watches_it_once_with_its_own_detector():
    settings = session_config(load(CONFIG_FOLDER, {}))
    seen, told = [], []

    def transitions_of(_, changed):
        seen.append(changed.detector)
        assert (changed.strategy, changed.risk) == (settings.strategy, settings.risk)
        state = DetectorState.SLEEP
        return (Transition("TRXUSDT", state, state, len(seen), "", ()),)

    market = recording([*book(100.0, 0.0), trade(100.0, 1.0, 1.0, id=1)])
    watched = watch(market, settings, 0.025, transitions_of, lambda: told.append(1))
    everybody = contenders(config())
    assert seen == [one.config for one in everybody]
    assert len(told) == len(everybody)
    assert [watched.moves[one][0].ts_ns for one in everybody] == list(range(1, len(everybody) + 1))


def test_a_fall_is_replayed_once_more_by_itself():
    calm = [trade(100.0, 1.0, at * 0.1, id=10 + at) for at in range(1, 5000)]
    crash = [trade(95.0, 1.0, 500.0 + at * 0.1, id=6000 + at) for at in range(1000)]
    market = recording([*book(100.0, 0.0), *calm, *crash])
    settings, spans = session_config(load(CONFIG_FOLDER, {})), []

    def transitions_of(replayed, changed):
        spans.append((replayed.about.live_from_ns, replayed.last_ns, changed.detector))
        return ()

    watched = watch(market, settings, 0.025, transitions_of, lambda: None)
    [span] = watched.alone
    live_from_ns, last_ns, detector = spans[-1]
    assert len(spans) == len(contenders(config())) + 1
    assert detector == config()
    assert 0 <= (span.start_ns - live_from_ns) - 60 * SECOND < SECOND
    assert span.trough_ns + 60 * SECOND < last_ns < span.trough_ns + 71 * SECOND
