//! Running values equal what is computed naively from everything that ever happened.

use indicators::{FOREVER, MidLow, PriceRange, RollingMean, RollingMedian, RollingMoments, TimedSum, TradeIds};
use proptest::collection::vec;
use proptest::prelude::*;

fn near(ours: f64, naive: f64, scale: f64) -> bool {
    (ours - naive).abs() <= 1e-9 * scale
}

fn mean_of(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// (time since the one before, value), with many equal times and values.
fn steps() -> impl Strategy<Value = Vec<(i64, i64)>> {
    vec((0..30_i64, 1..50_i64), 1..120)
}

proptest! {
    #[test]
    fn rolling_statistics_are_those_of_the_last_samples(samples in vec(-1e7..1e7, 1..120), capacity in 1..40_usize) {
        let mut mean = RollingMean::new(capacity, 1);
        let mut moments = RollingMoments::new(capacity, 1);
        let mut median = RollingMedian::new(capacity, 1);
        for count in 1..=samples.len() {
            let sample = samples[count - 1];
            mean.push(sample);
            moments.push(sample);
            median.push(sample);
            let window = &samples[count.saturating_sub(capacity)..count];
            let naive = mean_of(window);
            let squares: Vec<f64> = window.iter().map(|sample| (sample - naive) * (sample - naive)).collect();
            prop_assert!(near(mean.mean(), naive, 1e7));
            prop_assert!(near(moments.mean(), naive, 1e7));
            prop_assert!((moments.stdev() - mean_of(&squares).sqrt()).abs() < 1.0);
            let mut ordered = window.to_vec();
            ordered.sort_by(f64::total_cmp);
            let middle = ordered.len() / 2;
            let expected = if ordered.len() % 2 == 1 { ordered[middle] } else { (ordered[middle - 1] + ordered[middle]) / 2.0 };
            prop_assert_eq!(median.median(), expected);
            prop_assert_eq!(mean.samples(), window);
        }
    }

    #[test]
    fn a_refilled_statistic_goes_on_as_one_that_was_there(samples in vec(-1e3..1e3, 1..60), capacity in 1..20_usize) {
        let (mut there, mut refilled) = (RollingMedian::new(capacity, 3), RollingMedian::new(capacity, 3));
        samples.iter().for_each(|sample| there.push(*sample));
        refilled.refill(&there.samples());
        prop_assert_eq!(refilled.median(), there.median());
        prop_assert_eq!(refilled.samples(), there.samples());
        prop_assert_eq!(refilled.is_ready(), there.len() >= 3);
    }

    #[test]
    fn a_timed_sum_is_that_of_its_window(steps in steps()) {
        let mut window = TimedSum::new(40);
        let mut entries = Vec::new();
        let mut now = 0;
        for (step, amount) in steps {
            now += step;
            window.add(now, amount as f64);
            entries.push((now, amount));
            window.advance(now);
            let naive: i64 = entries.iter().filter(|(at, _)| *at > now - 40).map(|(_, amount)| amount).sum();
            prop_assert_eq!(window.total(), naive as f64);
        }
        window.advance(now + 40);
        prop_assert_eq!(window.total(), 0.0);
    }

    #[test]
    fn a_price_range_is_that_of_a_price_that_stands(steps in steps(), silence in 0..60_i64) {
        let (mut whole, mut since_high) = (PriceRange::new(40), PriceRange::since_high(40));
        let mut prints: Vec<(i64, f64)> = Vec::new();
        let mut now = 0;
        for (step, price) in steps {
            now += step;
            whole.set(now, price as f64);
            since_high.set(now, price as f64);
            prints.push((now, price as f64));
        }
        now += silence;
        whole.advance(now);
        since_high.advance(now);
        let end = |at: usize| prints.get(at + 1).map_or(FOREVER, |next| next.0);
        let stood: Vec<usize> = (0..prints.len()).filter(|&at| end(at) > now - 40).collect();
        let price = |at: &usize| prints[*at].1;
        let high = stood.iter().map(price).fold(f64::MIN, f64::max);
        let low = stood.iter().map(price).fold(f64::MAX, f64::min);
        prop_assert_eq!((whole.high(), whole.low()), (Some(high), Some(low)));
        let made = *stood.iter().rfind(|at| price(at) == high).expect("one of them");
        let low = stood.iter().filter(|at| **at >= made).map(price).fold(f64::MAX, f64::min);
        prop_assert_eq!((since_high.high(), since_high.low()), (Some(high), Some(low)));
        prop_assert_eq!(since_high.high_end_ns(), Some(end(made)));
    }

    #[test]
    fn the_lowest_mid_is_that_since_an_instant(steps in steps(), back in 0..60_i64) {
        let mut mids = MidLow::new(40);
        let mut told: Vec<(i64, f64)> = Vec::new();
        let mut now = 0;
        for (step, mid) in steps {
            now += step;
            mids.set(now, mid as f64);
            told.push((now, mid as f64));
        }
        let since = now - back.min(40);
        let end = |at: usize| told.get(at + 1).map_or(FOREVER, |next| next.0);
        let low = (0..told.len()).filter(|&at| end(at) > since).map(|at| told[at].1).fold(f64::MAX, f64::min);
        prop_assert_eq!(mids.since(since), Some(low));
    }

    #[test]
    fn every_trade_id_is_admitted_once(ids in vec(1..60_i64, 1..200)) {
        let mut seen = std::collections::BTreeSet::new();
        let mut admitted = TradeIds::new(20);
        for id in ids {
            let fresh = id > 20 && seen.insert(id);
            prop_assert_eq!(admitted.admit(id).is_ok(), fresh);
        }
    }
}

#[test]
fn empty_statistics_are_zero_and_unknown() {
    assert_eq!((RollingMean::new(3, 1).mean(), RollingMoments::new(3, 1).stdev()), (0.0, 0.0));
    assert!(RollingMedian::new(3, 1).is_empty());
    assert_eq!((PriceRange::new(9).high(), PriceRange::new(9).low()), (None, None));
    assert_eq!(MidLow::new(9).since(0), None);
}

#[test]
fn what_is_built_anew_is_that_of_the_samples_alone_however_they_came() {
    let (mut moments, mut mean) = (RollingMoments::new(10, 1), RollingMean::new(10, 1));
    for sample in std::iter::once(1e12).chain([0.1, 0.3, 0.7, 0.2, 0.6].repeat(2)) {
        moments.push(sample);
        mean.push(sample);
    }
    let (mut other_moments, mut other_mean) = (RollingMoments::new(10, 1), RollingMean::new(10, 1));
    other_moments.refill(&moments.samples());
    other_mean.refill(&mean.samples());
    for moments in [&mut moments, &mut other_moments] {
        moments.rebuild();
        assert!(near(moments.stdev(), 0.231_516_738_055_804_5, 1e-12));
    }
    for mean in [&mut mean, &mut other_mean] {
        mean.rebuild();
        assert!(near(mean.mean(), 0.38, 1e-12));
    }
    assert_eq!((moments.mean(), moments.stdev()), (other_moments.mean(), other_moments.stdev()));
    assert_eq!(mean.mean(), other_mean.mean());
}
