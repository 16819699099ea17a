//! What happens on a tape, second by second: drift, swings, spread, depth and zeal, per scenario.

use std::fmt;

use clap::ValueEnum;
use serde::Serialize;

use super::makers::Depth;

/// A market's story.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub enum Scenario {
    /// Nothing happens.
    Calm,
    /// Three waves down within ten seconds, then a violent rebound.
    #[default]
    FlashCrash,
    /// A minute of waves, each lower than the last, and half a rebound.
    Cascade,
    /// One sweep down and straight back.
    VRebound,
    /// Down in waves, and it stays there.
    FallingKnife,
    /// One sweep up that falls back to where it came from: not a crash.
    UpSpike,
    /// A crash behind eight seconds of silence; its frames then come in one burst.
    StallAndBurst,
    /// A crash in a book too thin to trade in.
    ThinBook,
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.to_possible_value().expect("no variant is skipped");
        f.write_str(value.get_name())
    }
}

/// How a market behaves at a moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Weather {
    /// Amplitude of the swings about the drift, in basis points.
    pub(crate) swing_bps: f64,
    /// Spread in basis points; 0 is the ordinary spread of a tick.
    pub(crate) spread_bps: f64,
    /// Depth on each side against the ordinary one.
    pub(crate) depth: Depth,
    /// Taker orders against the ordinary rate.
    pub(crate) takers: f64,
    /// Changed levels against the ordinary rate.
    pub(crate) churn: f64,
    /// Share of what rests in the way of a falling price that is sold into; the rest is withdrawn.
    pub(crate) sold: f64,
    /// Share of what rests in the way of a rising price that is bought; the rest is withdrawn.
    pub(crate) bought: f64,
}

/// A stretch of a story; `weather` is reached at its end, and the way there is gradual.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Phase {
    pub(crate) seconds: f64,
    /// Drift over the phase, in basis points of log price; of a phase of no length, one sweep.
    pub(crate) move_bps: f64,
    pub(crate) weather: Weather,
}

pub(crate) const CALM: Weather = Weather {
    swing_bps: 0.0,
    spread_bps: 0.0,
    depth: Depth::ORDINARY,
    takers: 1.0,
    churn: 1.0,
    sold: 0.12,
    bought: 0.12,
};
/// Bids are withdrawn, sellers pay any price.
const PANIC: Weather = Weather {
    swing_bps: 18.0,
    spread_bps: 9.0,
    depth: Depth { bids: 0.05, asks: 0.35 },
    takers: 4.0,
    churn: 10.0,
    sold: 0.7,
    bought: 0.2,
};
/// Bargain hunters against exhausted sellers: wide swings about a rise.
const REBOUND: Weather = Weather {
    swing_bps: 75.0,
    spread_bps: 8.0,
    depth: Depth { bids: 0.07, asks: 0.45 },
    takers: 4.0,
    churn: 9.0,
    sold: 0.3,
    bought: 0.7,
};
const SETTLING: Weather = Weather {
    swing_bps: 12.0,
    spread_bps: 3.0,
    depth: Depth { bids: 0.4, asks: 0.6 },
    takers: 2.0,
    churn: 2.0,
    ..CALM
};

const fn phase(seconds: f64, move_bps: f64, weather: Weather) -> Phase {
    Phase { seconds, move_bps, weather }
}

const fn sweep(move_bps: f64, weather: Weather) -> Phase {
    phase(0.0, move_bps, weather)
}

/// Three waves; the sweeps are one taker order each, as TRXUSDT's of 2025-10-10 21:28:05.936 was (-6 % in a microsecond,
/// most of it back within the second).
const CRASH: &[Phase] = &[
    phase(1.2, -130.0, PANIC),
    sweep(-260.0, PANIC),
    phase(0.7, 130.0, PANIC),
    phase(2.2, -70.0, PANIC),
    phase(1.0, -200.0, PANIC),
    sweep(-340.0, PANIC),
    phase(0.8, 220.0, PANIC),
    phase(3.2, -60.0, Weather { swing_bps: 40.0, ..PANIC }),
    sweep(-200.0, PANIC),
    phase(0.6, 170.0, REBOUND),
];
const RISE: &[Phase] = &[
    phase(16.0, 240.0, REBOUND),
    phase(20.0, 180.0, Weather { swing_bps: 60.0, ..REBOUND }),
    phase(8.0, 60.0, Weather { swing_bps: 35.0, spread_bps: 6.0, ..REBOUND }),
    phase(6.0, 20.0, SETTLING),
    phase(6.0, 0.0, CALM),
];
/// POLUSDT of 2025-10-10 fell from 0.2142 to 0.1170 in nine minutes of such waves.
const CASCADE: &[Phase] = &[
    phase(3.0, -150.0, PANIC),
    sweep(-150.0, PANIC),
    phase(6.0, 90.0, Weather { swing_bps: 35.0, ..PANIC }),
    phase(4.0, -260.0, PANIC),
    sweep(-220.0, PANIC),
    phase(8.0, 140.0, Weather { swing_bps: 45.0, ..PANIC }),
    phase(5.0, -340.0, PANIC),
    sweep(-300.0, PANIC),
    phase(7.0, 160.0, Weather { swing_bps: 50.0, ..PANIC }),
    phase(5.0, -380.0, PANIC),
    sweep(-420.0, PANIC),
    phase(1.0, 200.0, REBOUND),
    phase(25.0, 520.0, REBOUND),
    phase(15.0, 120.0, Weather { swing_bps: 45.0, ..REBOUND }),
    phase(8.0, 40.0, SETTLING),
    phase(8.0, 0.0, CALM),
];
/// TRXUSDT of 2025-10-10: 0.3198 to 0.3000 at once, 0.3183 within the second, 0.3203 after fifteen.
const V: &[Phase] = &[
    phase(0.6, -40.0, PANIC),
    sweep(-600.0, PANIC),
    phase(0.9, 480.0, REBOUND),
    phase(15.0, 150.0, Weather { swing_bps: 55.0, ..REBOUND }),
    phase(6.0, 10.0, SETTLING),
    phase(6.0, 0.0, CALM),
];
const KNIFE: &[Phase] = &[
    phase(1.5, -150.0, PANIC),
    sweep(-250.0, PANIC),
    phase(3.0, 60.0, PANIC),
    phase(6.0, -260.0, PANIC),
    sweep(-180.0, PANIC),
    phase(4.0, 50.0, PANIC),
    phase(12.0, -330.0, Weather { swing_bps: 22.0, ..PANIC }),
    phase(20.0, -240.0, Weather { swing_bps: 10.0, spread_bps: 5.0, ..PANIC }),
    phase(8.0, -10.0, SETTLING),
    phase(6.0, 0.0, CALM),
];
/// POLUSDT of 2025-10-10 21:47:12.284164: up 30 % in a microsecond, and back.
const SPIKE: &[Phase] = &[
    phase(0.3, 10.0, Weather { spread_bps: 4.0, takers: 2.0, churn: 3.0, bought: 0.9, ..CALM }),
    sweep(800.0, Weather { spread_bps: 6.0, takers: 3.0, churn: 6.0, bought: 0.9, ..CALM }),
    phase(1.8, -800.0, Weather { spread_bps: 5.0, takers: 3.0, churn: 6.0, ..CALM }),
    phase(10.0, -5.0, Weather { swing_bps: 8.0, ..SETTLING }),
    phase(5.0, 0.0, CALM),
];
/// Seconds from the beginning of the story to the silence, and the length of it (POLUSDT and TRXUSDT, 21:17:01.8: 8.3 s).
const SILENCE: (f64, f64) = (0.2, 8.3);
/// Share of the ordinary depth that a thin book holds: 25 bps of both sides then hold some 50,000 in quote currency.
const THIN: f64 = 0.004;

/// A story with its calm before and after.
pub(crate) struct Script {
    phases: Vec<Phase>,
    /// Share of the measured depth that the market has at all.
    pub(crate) depth: f64,
    /// Seconds after the start at which frames stop arriving, and for how long.
    pub(crate) silence: Option<(f64, f64)>,
}

impl Script {
    /// `times` times `lead` seconds of calm and the story, then `tail` seconds of calm. A silence is in the first alone.
    pub(crate) fn new(scenario: Scenario, times: u32, lead: f64, tail: f64) -> Self {
        let story: Vec<Phase> = match scenario {
            Scenario::Calm => Vec::new(),
            Scenario::FlashCrash | Scenario::StallAndBurst | Scenario::ThinBook => [CRASH, RISE].concat(),
            Scenario::Cascade => CASCADE.to_vec(),
            Scenario::VRebound => V.to_vec(),
            Scenario::FallingKnife => KNIFE.to_vec(),
            Scenario::UpSpike => SPIKE.to_vec(),
        };
        let mut phases = [&[phase(lead, 0.0, CALM)], story.as_slice()].concat().repeat(times as usize);
        phases.push(phase(tail, 0.0, CALM));
        let depth = if scenario == Scenario::ThinBook { THIN } else { 1.0 };
        let silence = (scenario == Scenario::StallAndBurst).then_some((lead + SILENCE.0, SILENCE.1));
        Self { phases, depth, silence }
    }

    pub(crate) fn seconds(&self) -> f64 {
        self.phases.iter().map(|phase| phase.seconds).sum()
    }

    /// Drift so far in basis points of log price, and the weather, `seconds` after the start.
    pub(crate) fn at(&self, seconds: f64) -> (f64, Weather) {
        let (mut begin, mut drift, mut before) = (0.0, 0.0, CALM);
        for phase in &self.phases {
            let end = begin + phase.seconds;
            if seconds < end {
                let share = (seconds - begin) / phase.seconds;
                return (drift + phase.move_bps * share, before.towards(&phase.weather, share));
            }
            begin = end;
            drift += phase.move_bps;
            before = phase.weather;
        }
        (drift, before)
    }
}

impl Weather {
    fn towards(&self, other: &Self, share: f64) -> Self {
        let line = |a: f64, b: f64| a + (b - a) * share;
        let curve = |a: f64, b: f64| (a.ln() + (b.ln() - a.ln()) * share).exp();
        Self {
            swing_bps: line(self.swing_bps, other.swing_bps),
            spread_bps: line(self.spread_bps, other.spread_bps),
            depth: Depth {
                bids: curve(self.depth.bids, other.depth.bids),
                asks: curve(self.depth.asks, other.depth.asks),
            },
            takers: curve(self.takers, other.takers),
            churn: curve(self.churn, other.churn),
            sold: line(self.sold, other.sold),
            bought: line(self.bought, other.bought),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_story_begins_and_ends_calm() {
        for scenario in Scenario::value_variants() {
            let script = Script::new(*scenario, 1, 10.0, 5.0);
            assert_eq!(script.at(3.0), (0.0, CALM), "{scenario}");
            assert_eq!(script.at(script.seconds() - 0.1).1, CALM, "{scenario}");
        }
    }

    #[test]
    fn stories_are_as_deep_as_they_say() {
        let lowest = |scenario| {
            let script = Script::new(scenario, 1, 0.0, 0.0);
            let steps = (script.seconds() * 100.0) as usize;
            (0..=steps).map(|step| script.at(step as f64 / 100.0).0).fold(0.0, f64::min)
        };
        assert_eq!(lowest(Scenario::Calm), 0.0);
        assert!(lowest(Scenario::UpSpike) > -20.0);
        assert!((-1000.0..-700.0).contains(&lowest(Scenario::FlashCrash)), "{}", lowest(Scenario::FlashCrash));
        assert!(lowest(Scenario::Cascade) < -1200.0);
        assert!((-700.0..-550.0).contains(&lowest(Scenario::VRebound)));
        let knife = Script::new(Scenario::FallingKnife, 1, 0.0, 0.0);
        assert!(knife.at(knife.seconds()).0 < -1200.0, "it stays down");
    }

    #[test]
    fn a_story_told_again_goes_on_from_where_it_ended() {
        let once = Script::new(Scenario::FlashCrash, 1, 10.0, 0.0);
        let thrice = Script::new(Scenario::FlashCrash, 3, 10.0, 5.0);
        assert!((thrice.seconds() - 3.0 * once.seconds() - 5.0).abs() < 1e-9);
        let (drift, weather) = once.at(14.0);
        let (again, as_stormy) = thrice.at(2.0 * once.seconds() + 14.0);
        assert!((again - drift - 2.0 * once.at(once.seconds()).0).abs() < 1e-6);
        assert!((as_stormy.churn - weather.churn).abs() < 1e-6 && weather.churn > 5.0);
    }
}
