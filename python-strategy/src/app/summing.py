"""The summary of a run from what its session, its sockets and its engine say."""

from src.app.runner import Runner
from src.data_client.refusals import Refusals
from src.data_client.subscriber import Subscriber
from src.reports.summary import FeedReport, RunSummary
from src.session.summary import SessionSummary


def summarise(run_id: str, runner: Runner, subscriber: Subscriber, refusals: Refusals) -> RunSummary:
    """Add up what happened; a run that never met its engine has an empty summary that says so."""
    session = None if runner.session is None else runner.session.summary()
    rejected = refusals.counts.copy()
    if session is not None:
        rejected.update(session.rejected)
    feed = FeedReport(
        health=runner.health,
        rejected=dict(sorted(rejected.items())),
        received=subscriber.received,
        conflated=subscriber.conflated,
        lost=subscriber.lost,
        interruptions=dict(sorted(runner.interruptions.items())),
        manual_intervention=runner.channels.connection.alarm,
    )
    if session is None:
        return RunSummary(run_id, runner.ended, (), feed=feed)
    return RunSummary(
        run_id=run_id,
        ended=runner.ended,
        symbols=runner.symbols,
        transitions=session.transitions,
        candidates=session.evaluations,
        rejections={str(reason): count for reason, count in session.rejections.items()},
        trades=session.trades,
        fees=session.fees,
        net_pnl=session.net_pnl,
        account=account_of(session),
        feed=feed,
        time_shifts=runner.time_shifts,
    )


def account_of(session: SessionSummary) -> dict[str, object]:
    """Return what the account holds at the end, and what made it pause."""
    return {
        "equity": session.equity,
        "open_positions": session.open_positions,
        "open_orders": session.open_orders,
        "left_overs": session.left_overs,
        "other_fees": session.other_fees,
        "circuit_trips": session.circuit_trips,
        "loss_pause": session.loss_pause,
    }
