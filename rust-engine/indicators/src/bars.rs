//! One-second bars: the running one, the closed ones, and what late prints change in them.

use crate::market::{Bar, NANOS_PER_SECOND, Print, Side};

/// A print's place in time: exchange time, trade id.
type Key = (i64, i64);

/// Keys of the first and last print of a bar.
#[derive(Clone, Copy, Debug)]
struct Span {
    first: Key,
    last: Key,
}

/// The running second.
#[derive(Clone, Debug, Default)]
struct Running {
    start_ns: i64,
    open: f64,
    high: f64,
    low: f64,
    /// Of the last print, or the last close.
    price: f64,
    /// Bought and sold, at the place of the side: nobody can guess it.
    volumes: [f64; 2],
    prints: i64,
    first: Key,
    last: Key,
}

impl Running {
    fn bar(&self) -> Bar {
        Bar {
            start_ns: self.start_ns,
            open: self.open,
            high: self.high,
            low: self.low,
            close: self.price,
            volume: self.volumes[0] + self.volumes[1],
            buy_volume: self.volumes[Side::Buy as usize],
            sell_volume: self.volumes[Side::Sell as usize],
            trade_count: self.prints,
        }
    }

    fn begin(&mut self, start_ns: i64) {
        self.start_ns = start_ns;
        self.volumes = [0.0; 2];
        self.prints = 0;
    }
}

/// The bars of one symbol, one for each UTC second, without holes.
///
/// The running bar takes prints in the order of their times; `amend` puts a print into the second it belongs to, running
/// or closed. At least `keep` closed bars are kept.
///
/// ```
/// use indicators::{BarSeries, Print, Side};
/// let mut bars = BarSeries::new(60);
/// bars.start(0, 100.0);
/// bars.add(&Print { exchange_ts_ns: 1, recv_ts_ns: 1, trade_id: 1, price: 101.0, quantity: 2.0, side: Side::Buy });
/// assert_eq!((bars.close().close, bars.close().trade_count, bars.closed_count()), (101.0, 0, 2));
/// ```
#[derive(Clone, Debug)]
pub struct BarSeries {
    keep: usize,
    bars: Vec<Bar>,
    spans: Vec<Option<Span>>,
    closed_count: u64,
    running: Running,
    started: bool,
}

impl BarSeries {
    /// Not started: no price is known.
    #[must_use]
    pub fn new(keep: usize) -> Self {
        Self {
            keep,
            bars: Vec::with_capacity(2 * keep),
            spans: Vec::with_capacity(2 * keep),
            closed_count: 0,
            running: Running::default(),
            started: false,
        }
    }

    /// Begins with the second that starts at `running_start_ns`; `price` is the last one known.
    pub fn start(&mut self, running_start_ns: i64, price: f64) {
        self.started = true;
        self.running.price = price;
        self.running.begin(running_start_ns);
    }

    /// Puts a print of the running second, not older than the one before, into the running bar.
    pub fn add(&mut self, print: &Print) {
        let running = &mut self.running;
        let (price, key) = (print.price, (print.exchange_ts_ns, print.trade_id));
        if running.prints == 0 {
            (running.open, running.high, running.low) = (price, price, price);
            running.first = key;
        } else if price > running.high {
            running.high = price;
        } else if price < running.low {
            running.low = price;
        }
        running.price = price;
        running.prints += 1;
        running.volumes[print.side as usize] += print.quantity;
        running.last = key;
    }

    /// Closes the running bar and begins the next second.
    pub fn close(&mut self) -> Bar {
        let running = &self.running;
        let (bar, span) = if running.prints > 0 {
            (running.bar(), Some(Span { first: running.first, last: running.last }))
        } else {
            (Bar::flat(running.start_ns, running.price), None)
        };
        self.append(bar, span);
        self.closed_count += 1;
        self.running.begin(self.running.start_ns + NANOS_PER_SECOND);
        bar
    }

    fn append(&mut self, bar: Bar, span: Option<Span>) {
        self.bars.push(bar);
        self.spans.push(span);
        if self.bars.len() >= 2 * self.keep {
            let excess = self.bars.len() - self.keep;
            self.bars.drain(..excess);
            self.spans.drain(..excess);
        }
    }

    /// Puts a print into the bar of its own second, by the order of (time, trade id).
    ///
    /// Returns how many of the newest closed bars may have changed: 0 for a print of the running second, or of a second
    /// that is no longer kept. Flat bars after the amended one move to its new close.
    pub fn amend(&mut self, print: &Print) -> usize {
        let back = -(print.exchange_ts_ns - self.running.start_ns).div_euclid(NANOS_PER_SECOND);
        if back <= 0 {
            self.amend_running(print);
            return 0;
        }
        let Some(at) = usize::try_from(back).ok().and_then(|back| self.bars.len().checked_sub(back)) else { return 0 };
        let key = (print.exchange_ts_ns, print.trade_id);
        let span = self.spans[at];
        self.bars[at] = amended(&self.bars[at], span, print);
        let span = span.unwrap_or(Span { first: key, last: key });
        self.spans[at] = Some(Span { first: span.first.min(key), last: span.last.max(key) });
        let close = self.bars[at].close;
        let changed = self.bars.len() - at;
        for bar in &mut self.bars[at + 1..] {
            if bar.trade_count > 0 {
                return changed;
            }
            *bar = Bar::flat(bar.start_ns, close);
        }
        if self.running.prints == 0 {
            self.running.price = close;
        }
        changed
    }

    fn amend_running(&mut self, print: &Print) {
        let key = (print.exchange_ts_ns, print.trade_id);
        let before = self.running.clone();
        self.add(print);
        if before.prints == 0 || key >= before.last {
            return;
        }
        self.running.last = before.last;
        self.running.price = before.price;
        if key < before.first {
            self.running.open = print.price;
            self.running.first = key;
        }
    }

    /// Lets so many seconds pass without bars: they and all before them are forgotten; the price stays.
    pub fn skip(&mut self, seconds: i64) {
        self.clear();
        self.start(self.running.start_ns + seconds * NANOS_PER_SECOND, self.running.price);
    }

    /// Drops the closed bars, to make room for history; the running one stays.
    pub fn clear(&mut self) {
        self.bars.clear();
        self.spans.clear();
    }

    /// Appends a closed bar from history, which must follow the last one without a hole.
    pub fn push(&mut self, bar: Bar) {
        self.append(bar, None);
        if self.running.prints == 0 {
            self.running.price = bar.close;
        }
    }

    /// Is a price known?
    #[must_use]
    pub fn started(&self) -> bool {
        self.started
    }

    /// When the running second began.
    #[must_use]
    pub fn running_start_ns(&self) -> i64 {
        self.running.start_ns
    }

    /// How many bars were closed by the passing of time, ever; bars from history are not counted.
    #[must_use]
    pub fn closed_count(&self) -> u64 {
        self.closed_count
    }

    /// The newest closed bar.
    #[must_use]
    pub fn last_closed(&self) -> Option<&Bar> {
        self.bars.last()
    }

    /// The newest `count` closed bars (or what there is), oldest first.
    #[must_use]
    pub fn closed(&self, count: usize) -> &[Bar] {
        &self.bars[self.bars.len().saturating_sub(count)..]
    }

    /// The bar that closed `seconds` seconds before the newest one (0: the newest).
    #[must_use]
    pub fn ago(&self, seconds: usize) -> Option<&Bar> {
        self.bars.len().checked_sub(1 + seconds).map(|at| &self.bars[at])
    }
}

/// `bar` with one more print, which sets open or close if it is the first or last of the bar.
///
/// A bar from history has no span: it keeps open and close. A flat bar becomes the bar of the one print.
fn amended(bar: &Bar, span: Option<Span>, print: &Print) -> Bar {
    let (price, key) = (print.price, (print.exchange_ts_ns, print.trade_id));
    let bought = if print.side == Side::Buy { print.quantity } else { 0.0 };
    let sold = if print.side == Side::Sell { print.quantity } else { 0.0 };
    let (buy_volume, sell_volume) = (bar.buy_volume + bought, bar.sell_volume + sold);
    let volumes = Bar { volume: buy_volume + sell_volume, buy_volume, sell_volume, ..*bar };
    if bar.trade_count == 0 {
        return Bar { open: price, high: price, low: price, close: price, trade_count: 1, ..volumes };
    }
    Bar {
        open: if span.is_some_and(|span| key < span.first) { price } else { bar.open },
        high: bar.high.max(price),
        low: bar.low.min(price),
        close: if span.is_some_and(|span| key >= span.last) { price } else { bar.close },
        trade_count: bar.trade_count + 1,
        ..volumes
    }
}

/// The bars (oldest first) with a flat one for every second missing between them or before `end_ns`.
#[must_use]
pub fn without_holes(bars: &[Bar], end_ns: i64) -> Vec<Bar> {
    let mut whole = Vec::with_capacity(bars.len());
    let mut next_ns = bars.first().map_or(end_ns, |bar| bar.start_ns);
    let mut close = bars.first().map_or(0.0, |bar| bar.open);
    for bar in bars {
        fill(&mut whole, &mut next_ns, bar.start_ns, close);
        if bar.start_ns == next_ns {
            whole.push(*bar);
            close = bar.close;
            next_ns += NANOS_PER_SECOND;
        }
    }
    fill(&mut whole, &mut next_ns, end_ns, close);
    whole
}

fn fill(bars: &mut Vec<Bar>, next_ns: &mut i64, end_ns: i64, close: f64) {
    while *next_ns < end_ns {
        bars.push(Bar::flat(*next_ns, close));
        *next_ns += NANOS_PER_SECOND;
    }
}
