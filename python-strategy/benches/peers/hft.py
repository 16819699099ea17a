"""hftbacktest on the same rows. Runs in an environment of its own, which knows nothing of the project.

`hft.py prepare ROWS.npy SORTED.npy` puts the rows into the order that it wants, once and not timed.
`hft.py run SORTED.npy ABOUT.json --depth roi|hash --runs N` replays them with one indicator and orders N
times, or with `--reading` without either, and prints one JSON object; its seconds are the processor's.
`hft.py orders SORTED.npy ABOUT.json ORDERS.npy` places given orders and prints what became of each.

Every run has its RiskAdverseQueueModel, its exchange with partial fills and a constant latency.
"""

import argparse
import json
import resource
import sys
from pathlib import Path
from time import process_time

import numpy as np
from hftbacktest import (
    FILLED,
    GTC,
    GTX,
    LIMIT,
    BacktestAsset,
    HashMapMarketDepthBacktest,
    ROIVectorMarketDepthBacktest,
)
from hftbacktest.data import correct_event_order, validate_event_order
from hftbacktest.order import NEW, PARTIALLY_FILLED
from hftbacktest.types import event_dtype
from numba import njit

STEP_NS = 100_000_000
LIFE_STEPS = 20
FAST, SLOW = 0.1, 0.000_33
WILD = 9.0
CALM_SQUARE = 1e-14
END_OF_DATA = 1
"""Decides each 100 ms; orders live 2 s; the variance of the last second against that of five minutes."""


def backtest(rows, about, depth):
    """Make a backtest of rows in memory or of a file of them."""
    asset = (
        BacktestAsset()
        .data(rows)
        .linear_asset(1.0)
        .constant_order_latency(about["order_latency_ns"], 0)
        .risk_adverse_queue_model()
        .partial_fill_exchange()
        .trading_value_fee_model(about["maker_fee_rate"], about["taker_fee_rate"])
        .tick_size(about["tick_size"])
        .lot_size(about["lot_size"])
        .last_trades_capacity(0)
    )
    if depth == "hash":
        return HashMapMarketDepthBacktest([asset])
    return ROIVectorMarketDepthBacktest([asset.roi_lb(about["lowest"]).roi_ub(about["highest"])])


@njit
def read(hbt):
    """Look at the book each 100 ms."""
    end, quoted = hbt.elapse(STEP_NS), 0
    while end == 0:
        quoted += hbt.depth(0).best_bid_tick > 0
        end = hbt.elapse(STEP_NS)
    return 0, quoted > 0 and end == END_OF_DATA


@njit
def trade(hbt, quantity):
    """Buy at the bid while the last second is wild, sell at the ask what was bought."""
    fast = slow = CALM_SQUARE
    before, number, age = 0.0, 0, 0
    while True:
        end = hbt.elapse(STEP_NS)
        if end != 0:
            return number, before > 0 and end == END_OF_DATA
        depth = hbt.depth(0)
        mid = (depth.best_bid + depth.best_ask) / 2
        if not mid > 0:
            continue
        square = (mid / before - 1) ** 2 if before > 0 else slow
        before = mid
        fast += FAST * (square - fast)
        slow += SLOW * (square - slow)
        if number and age < LIFE_STEPS:
            age += 1
            order = hbt.orders(0).get(number)
            if order.status == NEW or order.status == PARTIALLY_FILLED:
                if age == LIFE_STEPS:
                    hbt.cancel(0, number, False)
                continue
        position = hbt.position(0)
        if position > 0 or fast > WILD * slow:
            hbt.clear_inactive_orders(0)
            number, age = number + 1, 0
            if position > 0:
                hbt.submit_sell_order(0, number, depth.best_ask, position, GTX, LIMIT, False)
            else:
                hbt.submit_buy_order(0, number, depth.best_bid, quantity, GTX, LIMIT, False)


@njit
def place(hbt, orders, filled, filled_at):
    """Place each order at its time, cancel it at its end, and note what it got, and when the last of it came.

    `orders`: place_ns, cancel_ns, side (1 buy, -1 sell), price, quantity; one after the other in time.
    """
    hbt.elapse(1)
    for number in range(len(orders)):
        one = orders[number]
        if hbt.elapse(one.place_ns - hbt.current_timestamp) != 0:
            return number
        if one.side > 0:
            hbt.submit_buy_order(0, number + 1, one.price, one.quantity, GTC, LIMIT, False)
        else:
            hbt.submit_sell_order(0, number + 1, one.price, one.quantity, GTC, LIMIT, False)
        if hbt.elapse(one.cancel_ns - hbt.current_timestamp) != 0:
            return number
        order = hbt.orders(0).get(number + 1)
        if order.status == NEW or order.status == PARTIALLY_FILLED:
            hbt.cancel(0, number + 1, True)
        filled[number] = one.quantity - order.leaves_qty if order.status != FILLED else one.quantity
        filled_at[number] = order.exch_timestamp if filled[number] > 0 else 0
        hbt.clear_inactive_orders(0)
    return len(orders)


def prepare(words):
    """Sort rows by both clocks, where the two disagree each row becomes two."""
    rows = np.load(words.rows).view(event_dtype)  # a file does not tell numba that the fields are aligned
    by_exchange = np.argsort(rows["exch_ts"], kind="stable")
    by_receipt = np.argsort(rows["local_ts"], kind="stable")
    ordered = correct_event_order(rows, by_exchange, by_receipt)
    validate_event_order(ordered)
    np.save(words.out, ordered)
    print(json.dumps({"rows": len(ordered)}))


def run(words):
    """Replay once from the file, as a fresh process does, and then from memory."""
    about = json.loads(Path(words.about).read_text())
    seconds = []
    rows = [words.rows]
    for _ in range(words.runs):
        hbt = backtest(rows, about, words.depth)
        begin = process_time()
        orders, finished = read(hbt) if words.reading else trade(hbt, about["order_quantity"])
        seconds.append(process_time() - begin)
        fills = hbt.state_values(0).num_trades
        hbt.close()
        if len(seconds) == 1:
            peak_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            rows = np.load(words.rows) if words.runs > 1 else rows
    told = {
        "seconds": seconds,
        "orders": orders,
        "fills": int(fills),
        "peak_kib": peak_kib,
        "finished": finished,
    }
    print(json.dumps(told))


def orders(words):
    """Place given orders."""
    about = json.loads(Path(words.about).read_text())
    wanted = np.load(words.orders)
    filled, filled_at = np.zeros(len(wanted)), np.zeros(len(wanted), np.int64)
    hbt = backtest([words.rows], about, "roi")
    done = place(hbt, wanted.view(np.recarray), filled, filled_at)
    hbt.close()
    print(json.dumps({"done": done, "filled": filled.tolist(), "filled_at": filled_at.tolist()}))


def main():
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(required=True)
    one = commands.add_parser("prepare")
    one.add_argument("rows")
    one.add_argument("out")
    one.set_defaults(do=prepare)
    one = commands.add_parser("run")
    one.add_argument("rows")
    one.add_argument("about")
    one.add_argument("--depth", choices=("roi", "hash"), default="roi")
    one.add_argument("--runs", type=int, default=1)
    one.add_argument("--reading", action="store_true")
    one.set_defaults(do=run)
    one = commands.add_parser("orders")
    one.add_argument("rows")
    one.add_argument("about")
    one.add_argument("orders")
    one.set_defaults(do=orders)
    words = parser.parse_args()
    words.do(words)


if __name__ == "__main__":
    sys.exit(main())
