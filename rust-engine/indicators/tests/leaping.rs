//! To leap is to be where one would have come to.

mod support;

use indicators::{Bar, Book, Perception, Settings, Watch};
use support::{TICK, at, book, print, settings};

/// The event that many tenths of a second after the start: prints of a price that wanders, and a book in each second.
#[derive(Clone, Copy)]
struct Market {
    dice: u64,
    price: f64,
    tenths: i64,
    trade_id: i64,
}

impl Market {
    const fn new() -> Self {
        Self { dice: 7, price: 100.0, tenths: 0, trade_id: 0 }
    }

    fn throw(&mut self, sides: u64) -> u64 {
        self.dice = self.dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.dice >> 33) % sides
    }

    /// Lets the next event happen to all of them.
    fn happen(&mut self, perceptions: &mut [&mut Perception]) {
        self.tenths += 1;
        let seconds = self.tenths as f64 / 10.0;
        if self.tenths % 10 == 0 {
            let quantity = 1e3 + self.throw(1_000) as f64 * 0.7;
            let told = Book { bid_band_quantity: quantity, changed_levels: self.throw(9) as i64, ..book(at(seconds)) };
            for perception in perceptions {
                perception.book(&told).expect("sound");
            }
            return;
        }
        self.price += TICK * (self.throw(5) as f64 - 2.0);
        self.trade_id += 1;
        let mut print = print(seconds, self.trade_id, self.price);
        print.quantity = 0.1 + self.throw(1_000) as f64 * 0.001;
        for perception in perceptions {
            perception.print(&print).expect("clean");
        }
    }
}

fn short() -> Settings {
    let mut settings = settings();
    (settings.baseline_window_seconds, settings.min_event_move_pct) = (40, 0.02);
    settings.candles.range_window_samples = 500;
    settings
}

/// Everything that can be asked of a perception, but what it holds of firings.
fn shown(perception: &Perception) -> String {
    let (senses, candles) = (perception.senses(), perception.candles());
    let peaks = [0, 1, 2, 3, 4, 5].map(|index| senses.running().peak(index));
    format!(
        "{:?} {peaks:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
        senses.running().verdicts(),
        senses.running().baselines(),
        senses.bars().closed(100),
        senses.fall().extent(),
        senses.range(),
        (candles.median_range(), candles.seconds_since_low(), candles.before(), candles.completed()),
        perception.closed_now(),
        perception.book_figures(),
        perception.book_condition(),
        (perception.last_price(), perception.best_bid()),
        (perception.ordering().now_ns(), perception.ordering().holding()),
    )
}

#[test]
fn whoever_could_have_slept_through_it_comes_to_where_the_walker_is() {
    let candles = indicators::CandleRules { candle_seconds: 1, extremum_window_seconds: 9, ..short().candles };
    let other = Settings { candles, obi_threshold: -0.1, volatility_multiplier: 1.1, ..short() };
    let mut scout = Perception::new(short(), TICK, 0.1);
    scout.look_out(0.01);
    let mut walker = Perception::new(other, TICK, 0.1);
    walker.watch(Watch::asleep());
    let mut market = Market::new();
    let mut bars = Vec::new();
    let mut go = |walker: &mut Perception, scout: &mut Perception, bars: &mut Vec<Bar>, seconds: i64| {
        for _ in 0..seconds * 10 {
            market.happen(&mut [walker, scout]);
            bars.extend_from_slice(scout.closed_now().0);
        }
        market
    };
    go(&mut walker, &mut scout, &mut bars, 60);
    walker.freeze_until(at(75.0));
    go(&mut walker, &mut scout, &mut bars, 30);
    assert_ne!(walker.senses().running().baselines(), scout.senses().running().baselines(), "it stood still");

    let mut sleepers = Vec::new();
    for _ in 0..12 {
        go(&mut walker, &mut scout, &mut bars, 10);
        sleepers.push(walker.clone());
        assert!(!sleepers[0].can_leap(&scout), "its baselines are not the market's");
    }
    let last = walker.clone();
    go(&mut walker, &mut scout, &mut bars, 4);
    assert!(!last.can_leap(&scout), "what it remembers of ratios may be its own");
    let mut market = go(&mut walker, &mut scout, &mut bars, 60);

    let mut leapers: Vec<Perception> = Vec::new();
    for mut sleeper in sleepers {
        if sleeper.can_leap(&scout) {
            sleeper.leap(&scout, &bars);
            leapers.push(sleeper);
        }
    }
    assert!((3..10).contains(&leapers.len()), "{}", leapers.len());
    for _ in 0..100 {
        let mut all: Vec<&mut Perception> = leapers.iter_mut().collect();
        all.push(&mut walker);
        market.happen(&mut all);
        let expected = shown(&walker);
        for leaper in &leapers {
            assert_eq!(shown(leaper), expected, "after {} tenths", market.tenths);
        }
    }
    assert!(leapers.iter().all(|leaper| leaper.held() == walker.held()), "firings are held for three seconds");
    assert_eq!(walker.inputs(), leapers[0].inputs());
}

#[test]
fn who_is_awake_or_lost_the_book_does_not_leap() {
    let mut scout = Perception::new(short(), TICK, 0.1);
    scout.look_out(0.01);
    let mut sleeper = Perception::new(short(), TICK, 0.1);
    let mut market = Market::new();
    for _ in 0..900 {
        market.happen(&mut [&mut sleeper, &mut scout]);
    }
    sleeper.watch(Watch::asleep());
    let mut on = market;
    for _ in 0..300 {
        on.happen(&mut [&mut scout]);
    }
    assert!(sleeper.can_leap(&scout));
    let changed = |change: &dyn Fn(&mut Perception)| {
        let mut other = sleeper.clone();
        change(&mut other);
        other.can_leap(&scout)
    };
    assert!(!changed(&|other| other.watch(Watch { seconds: true, ..Watch::asleep() })));
    assert!(!changed(&|other| other.watch(Watch { floor: 1.0, ..Watch::asleep() })));
    assert!(!changed(&|other| other.interrupted()));
    assert!(!changed(&|other| other.freeze_until(at(1.0))));
}
