"""More reasons to close a position, and with each market exit the reason that it was sent for."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BEFORE = "'target', 'stop_loss', 'max_hold', 'emergency'"
AFTER = "'target', 'time_decay', 'stop_loss', 'trailing_stop', 'negative_gap', 'max_hold', 'emergency'"
KNOWN = "ck_trades_exit_reason_known"
NEAREST = {"time_decay": "target", "trailing_stop": "stop_loss", "negative_gap": "stop_loss"}
"""What comes nearest among the reasons that an older program knows."""


def upgrade() -> None:
    """Allow the new reasons, and keep the reason with an order."""
    _let_trades_know(AFTER)
    op.execute(
        "ALTER TABLE orders ADD COLUMN exit_reason TEXT"
        f" CONSTRAINT ck_orders_exit_reason_known CHECK (exit_reason IN ({AFTER}))"
    )


def downgrade() -> None:
    """Forget why orders were sent, and give every trade a reason that an older program knows."""
    op.execute("ALTER TABLE orders DROP COLUMN exit_reason")
    for reason, nearest in NEAREST.items():
        op.execute(f"UPDATE trades SET exit_reason = '{nearest}' WHERE exit_reason = '{reason}'")
    _let_trades_know(BEFORE)


def _let_trades_know(reasons: str) -> None:
    with op.batch_alter_table("trades") as trades:
        trades.drop_constraint(KNOWN, type_="check")
        trades.create_check_constraint(KNOWN, f"exit_reason IN ({reasons})")
