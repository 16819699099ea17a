"""More reasons to close a position, and with each market exit the reason that it was sent for."""

import sqlalchemy as sa
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
    """Replace the rule on `exit_reason`; SQLite can only do so by making the table again."""
    rule = f"exit_reason IN ({reasons})"
    if op.get_context().dialect.name == "postgresql":
        op.drop_constraint(KNOWN, "trades", type_="check")
        op.create_check_constraint(KNOWN, "trades", rule)
        return
    rules = (
        sa.CheckConstraint(rule, name=KNOWN),
        sa.CheckConstraint("CAST(entry_price AS NUMERIC) > 0", name="ck_trades_entry_price_positive"),
        sa.CheckConstraint("CAST(exit_price AS NUMERIC) > 0", name="ck_trades_exit_price_positive"),
        sa.CheckConstraint("CAST(quantity AS NUMERIC) > 0", name="ck_trades_quantity_positive"),
        sa.CheckConstraint("exit_ts_ns >= entry_ts_ns", name="ck_trades_exit_after_entry"),
    )
    with op.batch_alter_table("trades", recreate="always", table_args=rules):
        pass
