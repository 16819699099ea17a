//! What one market looks like, event by event, before anyone decides: the native twin of the readable definition in
//! `python-strategy/src/indicators` and `src/event_detector`, equal to it to the last bit.
//!
//! A [`Perception`] takes the prints, books and silences of one symbol and keeps their order, the one-second bars, the
//! six running indicators, the fall and the quorum over them, and the candles. It answers each event with [`Flags`]: none of them is set
//! where nothing that concerns a decision has changed, so that whoever decides need not be asked.
//!
//! All arithmetic is in `f64` and `i64`, in the order of operations of the definition; logarithm and root are the
//! platform's, as Python's are. An event costs constant time and allocates nothing once its queues have grown.
//!
//! Belongs here: rolling statistics, input hygiene, bars, candles, indicators 1 to 6, the trigger and what makes an event worth a
//! look. Never here: sockets, files, clocks, states, scores, orders, or Python.

mod acceleration;
mod bars;
mod candle_watch;
mod due;
mod extremes;
mod fall;
mod flags;
mod guards;
mod imbalance;
mod market;
mod message_velocity;
mod mid_low;
mod ordering;
mod peaks;
mod perception;
mod price_range;
mod queue;
mod quorum;
mod rolling;
mod rolling_median;
mod running;
mod samples;
mod senses;
mod settings;
mod silence;
mod spread;
mod timed_count;
mod timed_sum;
mod trade_ids;
mod verdict;
mod violent_range;
mod volatility;
mod volume_delta;

pub use acceleration::Acceleration;
pub use bars::{BarSeries, without_holes};
pub use candle_watch::{CandleRules, CandleWatch};
pub use due::FOREVER;
pub use extremes::LocalExtremes;
pub use fall::{FallExtent, FallGate};
pub use flags::{Flags, Inputs, Watch};
pub use guards::{Fault, Refusal, check_book, check_print};
pub use imbalance::Imbalance;
pub use market::{Bar, Book, Print, Side, Trust};
pub use message_velocity::MessageVelocity;
pub use mid_low::MidLow;
pub use ordering::{Ordering, Place};
pub use perception::{BookCondition, Memory, Perception};
pub use price_range::PriceRange;
pub use quorum::{Quorum, Quota};
pub use rolling::{MIN_BASELINE_SAMPLES, RollingMean, RollingMoments};
pub use rolling_median::RollingMedian;
pub use running::{Baselines, RUNNING, Running};
pub use senses::Senses;
pub use settings::{Settings, nanos};
pub use silence::SilenceGrid;
pub use spread::Spread;
pub use timed_sum::TimedSum;
pub use trade_ids::TradeIds;
pub use verdict::Verdict;
pub use volatility::Volatility;
pub use volume_delta::VolumeDelta;
