//! One message on its way to many clients: spelt once per form, when the first client needs it.

use std::sync::{Arc, OnceLock};

use axum::extract::ws::Utf8Bytes;
use common::number::Price;
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;

use crate::event::{Event, Payload, TimeUnit, Times};
use crate::faults::corrupt::{How, damage};

/// Damage that this message arrives with.
#[derive(Clone, Copy, Debug)]
pub struct Damage {
    /// How.
    pub how: How,
    /// Where chance decides.
    pub seed: u64,
    /// Best ask of the book that the message belongs to.
    pub best_ask: Option<Price>,
}

/// A message with its texts: milliseconds or microseconds, raw or combined.
#[derive(Debug)]
pub struct Frame {
    event: Event,
    shift_ns: i64,
    damage: Option<Damage>,
    texts: [OnceLock<Utf8Bytes>; 4],
}

impl Frame {
    /// A message, to be told `shift_ns` later than on the tape.
    #[must_use]
    pub fn new(event: Event, shift_ns: i64, damage: Option<Damage>) -> Arc<Self> {
        Arc::new(Self { event, shift_ns, damage, texts: Default::default() })
    }

    /// The stream that it belongs to.
    #[must_use]
    pub fn stream(&self) -> &str {
        &self.event.stream
    }

    /// True where every client hears it.
    #[must_use]
    pub const fn is_for_all(&self) -> bool {
        self.event.is_for_all()
    }

    /// The text for a client.
    #[must_use]
    pub fn text(&self, unit: TimeUnit, combined: bool) -> Utf8Bytes {
        let form = usize::from(unit == TimeUnit::Microseconds) * 2 + usize::from(combined);
        self.texts[form].get_or_init(|| self.spell(unit, combined).into()).clone()
    }

    fn spell(&self, unit: TimeUnit, combined: bool) -> String {
        let payload = self.event.json(Times { shift_ns: self.shift_ns, unit });
        let wrap = |payload: &str| format!(r#"{{"stream":"{}","data":{payload}}}"#, self.event.stream);
        let combined = combined && !matches!(self.event.payload, Payload::Text(_));
        match self.damage {
            None if combined => wrap(&payload),
            None => payload,
            Some(Damage { how, seed, best_ask }) => {
                let mut rng = ChaCha8Rng::seed_from_u64(seed);
                // Damage to the bytes hits the whole frame, damage to the contents only the payload.
                let hits_bytes = matches!(how, How::Truncated | How::BitFlip | How::NotJson);
                match (combined, hits_bytes) {
                    (false, _) => damage(&payload, how, best_ask, &mut rng),
                    (true, true) => damage(&wrap(&payload), how, best_ask, &mut rng),
                    (true, false) => wrap(&damage(&payload, how, best_ask, &mut rng)),
                }
            }
        }
    }
}
