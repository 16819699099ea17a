//! The strongest readings of late, slice by slice.

use crate::market::NANOS_PER_SECOND;
use crate::queue::Queue;
use crate::running::RUNNING;

const SLICE_NS: i64 = NANOS_PER_SECOND / 10;

/// The strongest ratio of each indicator in the slices (tenths of a second) that ended of late; that of the running
/// slice is in the verdict.
#[derive(Clone, Debug)]
pub(crate) struct Peaks {
    /// Newest last.
    slices: Queue<[f64; RUNNING]>,
    kept: usize,
    slice_end_ns: i64,
}

impl Peaks {
    /// Nothing yet; those of the last `seconds` will be kept.
    pub(crate) fn new(seconds: f64) -> Self {
        let kept = (seconds * NANOS_PER_SECOND as f64 / SLICE_NS as f64).round_ties_even() as usize;
        Self { slices: Queue::new(), kept, slice_end_ns: 0 }
    }

    /// Did the running slice end by `now_ns`?
    #[inline]
    pub(crate) fn due(&self, now_ns: i64) -> bool {
        now_ns >= self.slice_end_ns
    }

    /// Keeps the strongest ratios of the slice that ended; `standing` are those that the next one begins with.
    pub(crate) fn turn(&mut self, now_ns: i64, strongest: [f64; RUNNING], standing: [f64; RUNNING]) {
        let slice_end_ns = (now_ns.div_euclid(SLICE_NS) + 1) * SLICE_NS;
        let passed = (slice_end_ns - self.slice_end_ns) / SLICE_NS;
        self.slice_end_ns = slice_end_ns;
        let mut peak = strongest;
        for _ in 0..passed.min(self.kept as i64) {
            if self.slices.len() == self.kept {
                self.slices.pop_front_if(|_| true);
            }
            self.slices.push_back(peak);
            peak = standing;
        }
    }

    /// The strongest of the indicator at this place, `running` being that of the running slice.
    pub(crate) fn strongest(&self, index: usize, running: f64) -> f64 {
        self.slices.as_slice().iter().map(|peak| peak[index]).fold(running.max(0.0), f64::max)
    }

    pub(crate) fn clear(&mut self) {
        self.slices.clear();
    }
}
