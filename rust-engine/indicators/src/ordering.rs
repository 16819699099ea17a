//! Events of one symbol in time: what is new, what is late, what is lost, and when to believe it again.

use crate::guards::Refusal;
use crate::market::Print;
use crate::settings::nanos;
use crate::trade_ids::TradeIds;

const NANOS_PER_MILLI: f64 = 1e6;

/// Where an event stands among those of its own stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// No older than any before it.
    Fresh,
    /// Fresh, but prints before it are missing.
    AfterLoss,
    /// Older than the newest by no more than the buffer: it amends, and changes no decision.
    Late,
    /// Older than that: dropped, and as good as lost.
    TooOld,
}

/// The jitter buffer of one symbol, which delays nothing: it only tells what an event is worth.
///
/// `now_ns` is the largest exchange time seen. It holds from the start and after every interruption, until data have
/// been continuous and punctual for the buffer's length: a burst of queued messages must not wake the bot. Late means
/// receive time - exchange time - clock offset. An orderly feed passes straight through.
#[derive(Clone, Debug)]
pub struct Ordering {
    buffer_ns: i64,
    max_late_ns: i64,
    offset_ns: i64,
    trade_ns: i64,
    book_ns: i64,
    ids: TradeIds,
    restarted: bool,
    steady_since_ns: Option<i64>,
    holding: bool,
    now_ns: i64,
}

impl Ordering {
    /// Before any event: holding.
    #[must_use]
    pub fn new(buffer_seconds: f64, max_late_ms: f64) -> Self {
        Self {
            buffer_ns: nanos(buffer_seconds),
            max_late_ns: millis(max_late_ms),
            offset_ns: 0,
            trade_ns: 0,
            book_ns: 0,
            ids: TradeIds::default(),
            restarted: false,
            steady_since_ns: None,
            holding: true,
            now_ns: 0,
        }
    }

    /// Places a print.
    ///
    /// # Errors
    /// [`crate::Fault::DuplicateTrade`].
    #[inline]
    pub fn print(&mut self, print: &Print) -> Result<Place, Refusal> {
        let (id, ts_ns) = (print.trade_id, print.exchange_ts_ns);
        let lost = if id <= self.ids.newest() && self.restarted && ts_ns > self.trade_ns {
            self.count_anew(id);
            true
        } else {
            self.ids.admit(id)? > 0
        };
        if lost {
            self.disturb();
        }
        if ts_ns < self.trade_ns {
            return Ok(self.older(self.trade_ns - ts_ns, print.recv_ts_ns.saturating_sub(ts_ns)));
        }
        self.restarted = false;
        self.trade_ns = ts_ns;
        self.pass(ts_ns, print.recv_ts_ns);
        Ok(if lost { Place::AfterLoss } else { Place::Fresh })
    }

    /// Places a book; one that is older than the newest changes nothing.
    pub fn book(&mut self, exchange_ts_ns: i64, recv_ts_ns: i64) -> Place {
        if exchange_ts_ns < self.book_ns {
            return self.older(self.book_ns - exchange_ts_ns, recv_ts_ns.saturating_sub(exchange_ts_ns));
        }
        self.book_ns = exchange_ts_ns;
        self.pass(exchange_ts_ns, recv_ts_ns);
        Place::Fresh
    }

    /// Lets silent time pass; false when it is no news.
    pub fn tick(&mut self, ts_ns: i64) -> bool {
        let news = ts_ns > self.now_ns;
        if news {
            self.now_ns = ts_ns;
        }
        news
    }

    /// Continuity was lost somewhere on the way; a venue that began again may count its prints anew.
    pub fn interrupted(&mut self) {
        self.restarted = true;
        self.disturb();
    }

    /// Holds until data have been continuous and punctual again.
    pub fn disturb(&mut self) {
        self.holding = true;
        self.steady_since_ns = None;
    }

    /// History reaches up to this print: earlier ones are duplicates, the next one follows it.
    pub fn seen_up_to(&mut self, last_trade_id: i64) {
        self.ids.seen_up_to(last_trade_id);
    }

    /// How far our clock is ahead of the exchange's.
    pub fn offset(&mut self, clock_offset_ms: f64) {
        self.offset_ns = millis(clock_offset_ms);
    }

    /// True until data may be believed.
    #[must_use]
    pub fn holding(&self) -> bool {
        self.holding
    }

    /// The largest exchange time seen.
    #[must_use]
    #[inline]
    pub fn now_ns(&self) -> i64 {
        self.now_ns
    }

    /// The largest exchange time of prints and books that were taken; 0 before any.
    #[must_use]
    #[inline]
    pub fn data_ns(&self) -> i64 {
        self.trade_ns.max(self.book_ns)
    }

    #[cold]
    fn count_anew(&mut self, trade_id: i64) {
        self.ids = TradeIds::new(trade_id);
    }

    #[cold]
    fn older(&mut self, behind_ns: i64, latency_ns: i64) -> Place {
        if behind_ns > self.buffer_ns {
            self.disturb();
            return Place::TooOld;
        }
        if latency_ns - self.offset_ns > self.max_late_ns {
            self.disturb();
        }
        Place::Late
    }

    fn pass(&mut self, ts_ns: i64, recv_ts_ns: i64) {
        self.now_ns = self.now_ns.max(ts_ns);
        if recv_ts_ns.saturating_sub(ts_ns) - self.offset_ns > self.max_late_ns {
            self.disturb();
        } else if self.holding {
            match self.steady_since_ns {
                None => self.steady_since_ns = Some(self.now_ns),
                Some(since_ns) => self.holding = self.now_ns - since_ns < self.buffer_ns,
            }
        }
    }
}

fn millis(milliseconds: f64) -> i64 {
    (milliseconds * NANOS_PER_MILLI).round_ties_even() as i64
}
