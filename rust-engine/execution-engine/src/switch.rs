//! The dead man's switch: nobody leaves entries working that nobody watches.

use common::time::UnixNanos;

/// Watches for the strategy's heartbeat. Armed by the first one, so that the order of starting does not matter.
///
/// ```
/// use common::time::UnixNanos;
/// use execution_engine::DeadMansSwitch;
/// let mut switch = DeadMansSwitch::new(2_000);
/// assert!(!switch.check(UnixNanos(9_000)), "not armed yet");
/// switch.beat(UnixNanos(10_000));
/// assert!(!switch.check(UnixNanos(12_000)));
/// assert!(switch.check(UnixNanos(12_001)), "lost");
/// assert!(switch.beat(UnixNanos(12_500)), "back");
/// ```
#[derive(Clone, Debug)]
pub struct DeadMansSwitch {
    timeout_ns: i64,
    last_beat: Option<UnixNanos>,
    lost: bool,
}

impl DeadMansSwitch {
    /// A switch that is thrown after more than `timeout_ns` of silence.
    #[must_use]
    pub const fn new(timeout_ns: i64) -> Self {
        Self { timeout_ns, last_beat: None, lost: false }
    }

    /// The strategy lives; true where it had been lost.
    pub fn beat(&mut self, now: UnixNanos) -> bool {
        self.last_beat = Some(now);
        std::mem::take(&mut self.lost)
    }

    /// Time passes; true at the moment of loss, once.
    pub fn check(&mut self, now: UnixNanos) -> bool {
        let silent = self.last_beat.is_some_and(|last| now.since(last) > self.timeout_ns);
        let thrown = silent && !self.lost;
        self.lost |= silent;
        thrown
    }

    /// True from the loss until the next heartbeat.
    #[must_use]
    pub const fn is_lost(&self) -> bool {
        self.lost
    }
}
