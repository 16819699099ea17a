//! The one fill rule: paper trading, the exchange simulator and the backtest all fill orders here.
//!
//! A [`Market`] holds one symbol's displayed book and our own orders in it, and says what becomes of them:
//!
//! * An order reaches the venue at its decision time plus the latency; events of that very nanosecond come first.
//! * What arrives marketable takes the displayed levels, best first, and pays the taker fee. Displayed quantity that
//!   was taken is gone until the venue tells that level again.
//! * What rests joins behind the quantity displayed at its price. Prints at its price first use up the queue ahead, then
//!   fill it; prints through its price fill it at once. It pays the maker fee.
//! * When the displayed quantity shrinks, whoever left was behind us as long as possible:
//!   `ahead = min(ahead, displayed)`.
//! * The quantity of a print fills our orders once, in price-time order, however many of them wait.
//! * Our orders never meet each other, and never move the market.
//! * An order that its owner's balance does not cover when it arrives is turned away; what a balance is, the owner knows.
//!
//! Belongs here: these rules, fees and the latency model. Never here: sockets, clocks, client ids, risk, balances.

mod arrivals;
mod fees;
mod market;
mod model;
mod order;
mod owner;
mod queue;
mod taking;

pub use arrivals::Arrival;
pub use fees::{FeeAsset, FeeRates};
pub use market::Market;
pub use model::{FillModel, Model, UnknownFillModel};
pub use order::{Expiry, Fill, Liquidity, Malformed, NewOrder, OrderKey, Outcome, Pricing, Refusal};
pub use owner::Owner;
