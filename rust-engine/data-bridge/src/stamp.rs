//! Sequence numbers: one count per topic, without gaps, so that a reader sees what it missed.

use std::collections::BTreeMap;

use common::time::UnixNanos;
use common::wire::Header;

/// Numbers the messages of one sender, from 1, per topic.
///
/// ```
/// use common::time::UnixNanos;
/// use data_bridge::Stamp;
/// let mut stamp = Stamp::default();
/// assert_eq!(stamp.next("trade.BTCUSDT", UnixNanos(5)).sequence, 1);
/// assert_eq!(stamp.next("trade.BTCUSDT", UnixNanos(6)).sequence, 2);
/// assert_eq!(stamp.next("health", UnixNanos(7)).sequence, 1);
/// ```
#[derive(Debug, Default)]
pub struct Stamp {
    last: BTreeMap<String, u64>,
}

impl Stamp {
    /// The header of the next message under `topic`, sent at `now` on the sender's wall clock.
    pub fn next(&mut self, topic: &str, now: UnixNanos) -> Header {
        let sequence = match self.last.get_mut(topic) {
            Some(last) => {
                *last += 1;
                *last
            }
            None => {
                self.last.insert(topic.to_owned(), 1);
                1
            }
        };
        Header { sequence, sent_at: now }
    }
}
