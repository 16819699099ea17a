//! From a command to an order and back: who may trade, what is working, and what became of it.
//!
//! [`PaperDesk`] is the door: [`Input`]s in, [`Output`]s out, time as an argument. Inside, a [`Desk`] decides and
//! remembers, and an executor carries out what it was given leave to do; [`Paper`] is the one that fills orders on the
//! live book by the rules of `matching`.
//!
//! Belongs here: risk limits, the venue's filters, the ledger of orders, the dead man's switch, executors.
//! Never here: the strategy's decisions, a second fill rule, wall clocks; files and sockets only under [`io`].

mod breaker;
mod by_market;
mod config;
mod desk;
mod executor;
pub mod io;
mod journal;
mod ledger;
mod paper;
mod paper_desk;
mod rate_limit;
mod recovered;
mod risk;
mod rules;
mod switch;

pub use breaker::{Breaker, BreakerConfig};
pub use config::{DeskConfig, PaperConfig};
pub use desk::{Alert, Desk, DeskStats, Input, Output, Step};
pub use executor::{ExecutorCall, ExecutorReport, Reported, ReportedFill};
pub use journal::{JournalEntry, PaperAccount};
pub use matching::FillModel;
pub use paper::{Paper, PaperStats};
pub use paper_desk::{PaperDesk, ShownMarket};
pub use rate_limit::{RateLimitConfig, TokenBucket};
pub use recovered::Recovered;
pub use risk::{Approved, Refused};
pub use switch::DeadMansSwitch;
