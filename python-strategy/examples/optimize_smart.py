"""Search for better detector and strategy constants on recorded markets. Run it from `python-strategy`:

    python examples/optimize_smart.py --mode quick
    python examples/optimize_smart.py --mode random --n-trials 500
    python examples/optimize_smart.py --mode bayesian --n-trials 200 --save-best

It is `flashcrash optimize`; `--help` lists every option, docs/optimizer.md explains them.
"""

import typer

from src.cli.optimize import optimize

if __name__ == "__main__":
    typer.run(optimize)
