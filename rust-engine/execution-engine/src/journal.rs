//! What must outlive the engine: the account's birth, and everything that its ledger is rebuilt from.

use common::market::Symbol;
use common::number::Price;
use common::order::OrderRequest;
use common::time::UnixNanos;
use common::wire::text;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::executor::ExecutorReport;
use crate::risk::Refused;

/// A paper account as it was born.
///
/// ```
/// use common::time::UnixNanos;
/// use execution_engine::PaperAccount;
/// let account = PaperAccount::born(UnixNanos(1_760_131_685_936_042_113), 10_000.into());
/// assert_eq!(account.account_id, "paper-1760131685936042113");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaperAccount {
    /// Names it for ever; another id is another account.
    pub account_id: String,
    /// Our wall clock.
    pub created: UnixNanos,
    /// What it began with, in the quote asset of the first market that it heard of.
    #[serde(with = "text")]
    pub initial_capital: Decimal,
}

impl PaperAccount {
    /// A new account at `created` (our wall clock), which names it.
    #[must_use]
    pub fn born(created: UnixNanos, initial_capital: Decimal) -> Self {
        Self { account_id: format!("paper-{created}"), created, initial_capital }
    }
}

/// One thing that happened to the account. All of them, in order, are the account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum JournalEntry {
    /// A market became known; the first one's quote asset is the account's currency.
    Market {
        /// Which.
        symbol: Symbol,
        /// The asset that is bought and sold there.
        base: String,
        /// The asset that is paid with.
        quote: String,
    },
    /// An order was asked for. Nobody executes it before this is kept.
    Order {
        /// The order.
        request: OrderRequest,
        /// What the limits value a base unit of it at.
        value_price: Price,
        /// Why it was not let through, if it was not.
        refused: Option<Refused>,
        /// Our wall clock.
        at: UnixNanos,
    },
    /// Something became of an order. Nobody hears of it before this is kept.
    Report {
        /// What.
        report: ExecutorReport,
        /// Our wall clock.
        at: UnixNanos,
    },
    /// For a while nothing could be kept; what follows has happened since.
    Outage {
        /// Why, in the system's words.
        reason: String,
        /// Our wall clock when it began.
        at: UnixNanos,
    },
}
