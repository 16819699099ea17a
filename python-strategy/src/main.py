"""The strategy alone: `python -m src.main`. It waits for the engine as long as it takes, and ends with it."""

import argparse
import os
import sys
from contextlib import closing
from pathlib import Path

from src.app.ending import Ending, ended_by_signals
from src.app.wiring import name_run, open_store, run_strategy
from src.domain.errors import CannotStart, ConfigError
from src.reports.files import check_writable, write_json
from src.reports.summary import RunSummary
from src.reports.table import console, show
from src.runtime.settings import find_config_dir, load

EXAMPLES = """examples:
  python -m src.main
  python -m src.main --symbol BTC/USDT --summary /tmp/summary.json --set strategy.min_entry_score=75
"""


def parser() -> argparse.ArgumentParser:
    """Return the command line of the strategy process."""
    made = argparse.ArgumentParser(
        prog="python -m src.main",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("--config-dir", type=Path, help="folder of the settings (nearest config/ upwards)")
    made.add_argument("--set", action="append", default=[], metavar="SECTION.KEY=VALUE", help="one setting")
    made.add_argument("--venue", help="simulator, binance or testnet")
    made.add_argument("--symbol", action="append", default=[], help="BTC/USDT or BTCUSDT; may be repeated")
    made.add_argument("--best-params", action="store_true", help="read best_params.toml too")
    made.add_argument("--summary", type=Path, metavar="FILE", help="also write the summary as JSON")
    return made


def main(arguments: list[str] | None = None) -> int:
    """Run the strategy; 0 after an orderly end, 2 where it cannot start."""
    given = parser().parse_args(arguments)
    with ended_by_signals() as ending:
        try:
            summary = run(given, ending)
        except (ConfigError, CannotStart) as error:
            print(f"cannot start: {error}", file=sys.stderr)
            return 2
        except KeyboardInterrupt:
            print("stopped before the start; nothing was done", file=sys.stderr)
            return 0
        show(summary, console())
        write_json(given.summary, summary.to_json())
    return 0


def run(given: argparse.Namespace, ending: Ending) -> RunSummary:
    """Read the settings and run one session as they say."""
    flags = [*([f"exchange.venue={given.venue}"] if given.venue else []), *given.set]
    config_dir = find_config_dir(given.config_dir, Path.cwd())
    settings = load(config_dir, os.environ, flags, best_params=given.best_params, symbols=given.symbol)
    check_writable(given.summary)
    with closing(open_store(settings)) as store:
        run_id = name_run(settings, store)
        return run_strategy(settings, store, run_id, lambda runner: ending.told_to(runner.stop))


if __name__ == "__main__":
    sys.exit(main())
