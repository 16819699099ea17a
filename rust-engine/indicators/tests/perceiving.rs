//! What of an event is worth a look, what is refused, and what is remembered.

mod support;

use indicators::{BookCondition, Fault, Flags, Inputs, Perception, Trust, Watch};
use support::{TICK, at, book, print, settings};

/// A perception after so many seconds with five prints each, told to wake for a trigger only; the last trade id.
fn asleep(seconds: i64) -> (Perception, i64) {
    let mut perception = Perception::new(settings(), TICK, 0.1);
    let mut trade_id = 0;
    for fifth in 0..seconds * 5 {
        trade_id += 1;
        let price = 100.0 + TICK * (fifth / 2 % 2) as f64;
        perception.print(&print(fifth as f64 / 5.0, trade_id, price)).expect("a clean market");
    }
    perception.watch(Watch::asleep());
    (perception, trade_id)
}

#[test]
fn everything_is_worth_a_look_until_somebody_says_what_is() {
    let mut perception = Perception::new(settings(), TICK, 0.1);
    assert!(!perception.print(&print(0.0, 1, 100.0)).expect("clean").is_quiet());
    perception.watch(Watch::asleep());
    assert!(perception.print(&print(0.1, 2, 100.01)).expect("clean").is_quiet());
}

#[test]
fn a_fall_triggers_once_it_is_heard_it_is_known() {
    let (mut perception, last_id) = asleep(400);
    let mut woken = Vec::new();
    for step in 1..=200_i64 {
        let mut fall = print(400.0, last_id + step, 100.0 - 0.025 * step as f64);
        fall.quantity = 50.0;
        let flags = perception.print(&fall).expect("clean");
        if !flags.is_quiet() {
            woken.push((step, flags));
            perception.watch(Watch::asleep());
        }
    }
    assert_eq!(woken.len(), 1, "{woken:?}");
    assert_eq!(woken[0].1, Flags::STATE);
    assert!(perception.inputs().has(Inputs::TRIGGERED));
    assert!(!perception.inputs().has(Inputs::CALM));
    let fall = perception.senses().fall().extent().expect("a price is known");
    assert!(1.0 - fall.low / fall.level() > 0.015);
}

#[test]
fn while_holding_nothing_triggers() {
    let (mut perception, last_id) = asleep(400);
    perception.interrupted();
    for step in 1..=200_i64 {
        let flags = perception.print(&print(400.0, last_id + step, 100.0 - 0.025 * step as f64)).expect("clean");
        assert!(flags.is_quiet());
    }
    assert_eq!(perception.held(), 0);
    assert!(perception.ordering().holding());
}

#[test]
fn each_thing_that_is_watched_for_wakes_and_nothing_else() {
    let calm = Watch::asleep();
    for (watch, seconds, price, woken) in [
        (calm, 60.9, 100.01, Flags::QUIET),
        (Watch { until_ns: at(60.9), ..calm }, 60.9, 100.01, Flags::TIME),
        (Watch { until_ns: at(60.9) + 1, ..calm }, 60.9, 100.01, Flags::QUIET),
        (Watch { floor: 99.9, ..calm }, 60.9, 99.9, Flags::PRICE),
        (Watch { floor: 99.9, ..calm }, 60.9, 99.91, Flags::QUIET),
        (Watch { ceiling: 100.5, ..calm }, 60.9, 100.5, Flags::PRICE),
        (Watch { seconds: true, ..calm }, 60.9, 100.01, Flags::QUIET),
        (Watch { seconds: true, ..calm }, 61.0, 100.01, Flags::SECOND),
        (Watch { heed: Inputs::ALL, ..calm }, 60.9, 100.01, Flags::QUIET),
    ] {
        let (mut perception, last_id) = asleep(61);
        perception.watch(watch);
        let flags = perception.print(&print(seconds, last_id + 1, price)).expect("clean");
        assert_eq!(flags, woken, "{watch:?} at {seconds} s, {price}");
    }
}

#[test]
fn a_trusted_best_bid_at_the_floor_wakes_too() {
    let (mut perception, _) = asleep(61);
    perception.book(&book(at(60.9))).expect("sound");
    perception.watch(Watch { floor: 99.99, ..Watch::asleep() });
    assert_eq!(perception.book(&book(at(61.9))).expect("sound"), Flags::PRICE);
    assert_eq!(
        perception.book(&indicators::Book { trust: Trust::Suspect, ..book(at(62.0)) }).expect("sound"),
        Flags::BOOK,
        "a bid that is not to be trusted is none"
    );
}

#[test]
fn a_book_wakes_when_its_condition_is_another_one() {
    let (mut perception, _) = asleep(61);
    let good = BookCondition { trust: Trust::Trusted, liquid: true, wide: false };
    let thin = indicators::Book { bid_band_notional: 0.0, ask_band_notional: 100_000.0, ..book(at(61.2)) };
    let wide = indicators::Book { ask_prices: &[103.0], ..book(at(61.3)) };
    for (told, condition, flags) in [
        (book(at(61.0)), good, Flags::BOOK),
        (book(at(61.1)), good, Flags::QUIET),
        (thin, BookCondition { liquid: false, ..good }, Flags::BOOK),
        (wide, BookCondition { wide: true, ..good }, Flags::BOOK),
        (
            indicators::Book { exchange_ts_ns: at(61.4), recv_ts_ns: at(61.4), ..wide },
            BookCondition { wide: true, ..good },
            Flags::QUIET,
        ),
        (
            indicators::Book { trust: Trust::Broken, ..book(at(61.5)) },
            BookCondition { trust: Trust::Broken, ..good },
            Flags::BOOK,
        ),
    ] {
        assert_eq!(perception.book(&told).expect("sound"), flags, "{told:?}");
        assert_eq!(perception.book_condition(), Some(condition));
    }
    assert!(perception.ordering().holding(), "a broken book starts a hold");
    let empty = indicators::Book { bid_prices: &[], bid_quantities: &[], ..book(at(61.6)) };
    assert_eq!(perception.book(&empty).expect_err("one side").fault, Fault::OneSidedBook);
    assert_eq!(perception.book_condition(), None);
}

#[test]
fn one_who_sleeps_hears_of_no_second_and_its_candles_are_watched_all_the_same() {
    let (mut perception, last_id) = asleep(10);
    for second in 10..700_i64 {
        let price = if second == 600 { 99.9 } else { 100.0 };
        assert_eq!(perception.print(&print(second as f64, last_id + second, price)), Ok(Flags::QUIET));
        let (bars, candles) = perception.closed_now();
        assert_eq!((bars.len(), bars), (1, candles));
        assert_eq!(bars[0].start_ns, at((second - 1) as f64));
    }
    assert_eq!(perception.candles().seconds_since_low(), Some(98));
    assert_eq!(perception.candles().median_range(), Some(0.0), "of the seconds since");
    assert_eq!(perception.print(&print(699.5, last_id + 700, 100.0)), Ok(Flags::QUIET));
    assert_eq!(perception.closed_now(), (&[][..], &[][..]));
}

#[test]
fn what_is_refused_is_named_and_changes_nothing() {
    let (mut perception, last_id) = asleep(61);
    let before = format!("{perception:?}");
    let ahead = indicators::Print { recv_ts_ns: at(50.0), ..print(60.9, last_id + 1, 100.0) };
    for (bad, text) in [
        (print(60.9, last_id + 1, f64::NAN), format!("not_finite: trade {}: price nan, quantity 5.0", last_id + 1)),
        (
            print(60.9, last_id + 1, -1e-7),
            format!("price_not_positive: trade {}: price -1e-07, quantity 5.0", last_id + 1),
        ),
        (print(60.9, last_id, 100.0), format!("duplicate_trade: trade {last_id} was seen before")),
        (ahead, format!("future_time: trade {} is stamped 10.900 s after its receipt", last_id + 1)),
    ] {
        assert_eq!(perception.print(&bad).expect_err("bad").to_string(), text);
        assert_eq!(format!("{perception:?}"), before);
    }
}

#[test]
fn bad_books_are_refused_by_their_first_fault() {
    let good = book(at(61.0));
    for (bad, text) in [
        (indicators::Book { ask_band_notional: f64::INFINITY, ..good }, "not_finite: book 7"),
        (
            indicators::Book { bid_prices: &[99.99, 0.0], bid_quantities: &[1.0, 1.0], ..good },
            "price_not_positive: book 7",
        ),
        (indicators::Book { ask_quantities: &[-1.0], ..good }, "quantity_negative: book 7"),
        (indicators::Book { ask_prices: &[99.99], ..good }, "crossed_book: best bid 99.99, best ask 99.99"),
        (indicators::Book { bid_prices: &[99.0, 99.0], bid_quantities: &[1.0, 1.0], ..good }, "level_order: book 7"),
        (
            indicators::Book { recv_ts_ns: at(40.0), ..good },
            "future_time: book 7 is stamped 21.000 s after its receipt",
        ),
        (indicators::Book { ask_prices: &[], ask_quantities: &[], ..good }, "one_sided_book: 1 bids, 0 asks"),
    ] {
        let (mut perception, _) = asleep(61);
        assert_eq!(perception.book(&bad).expect_err("bad").to_string(), text);
    }
}

#[test]
fn a_late_print_amends_its_bar_and_is_quiet() {
    let (mut perception, last_id) = asleep(61);
    perception.print(&print(61.1, last_id + 2, 100.0)).expect("clean");
    assert!(perception.print(&print(60.9, last_id + 1, 90.0)).expect("late").is_quiet());
    assert_eq!(perception.last_price(), 100.0);
    assert_eq!(perception.senses().bars().last_closed().expect("closed").low, 90.0);
    let too_old = perception.print(&print(59.0, last_id - 300, 90.0)).expect_err("seen");
    assert_eq!(too_old.fault, Fault::DuplicateTrade);
}
