//! The queue under every window.

/// A queue of plain values in a ring of a power of two: it doubles when it is full, and never shrinks, so that a window
/// of event time stops allocating once it has seen its busiest second.
#[derive(Clone, Debug)]
pub(crate) struct Ring<T> {
    slots: Vec<T>,
    head: usize,
    len: usize,
}

const FIRST_SLOTS: usize = 16;

impl<T: Copy + Default> Ring<T> {
    pub(crate) fn new() -> Self {
        Self { slots: vec![T::default(); FIRST_SLOTS], head: 0, len: 0 }
    }

    #[inline]
    fn slot(&self, index: usize) -> usize {
        self.head.wrapping_add(index) & (self.slots.len() - 1)
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    #[inline]
    pub(crate) fn get(&self, index: usize) -> Option<T> {
        if index < self.len { Some(self.slots[self.slot(index)]) } else { None }
    }

    #[inline]
    pub(crate) fn front(&self) -> Option<T> {
        self.get(0)
    }

    #[inline]
    pub(crate) fn back(&self) -> Option<T> {
        self.get(self.len.wrapping_sub(1))
    }

    #[inline]
    pub(crate) fn back_mut(&mut self) -> Option<&mut T> {
        if self.len == 0 {
            return None;
        }
        let slot = self.slot(self.len - 1);
        Some(&mut self.slots[slot])
    }

    #[inline]
    pub(crate) fn push_back(&mut self, value: T) {
        if self.len == self.slots.len() {
            self.grow();
        }
        let slot = self.slot(self.len);
        self.slots[slot] = value;
        self.len += 1;
    }

    /// Drops the oldest, if there is one.
    #[inline]
    pub(crate) fn pop_front(&mut self) {
        if self.len > 0 {
            self.head = self.slot(1);
            self.len -= 1;
        }
    }

    /// Drops the newest, if there is one.
    #[inline]
    pub(crate) fn pop_back(&mut self) {
        self.len = self.len.saturating_sub(1);
    }

    pub(crate) fn clear(&mut self) {
        self.len = 0;
    }

    #[cold]
    fn grow(&mut self) {
        self.slots.rotate_left(self.head);
        self.head = 0;
        self.slots.resize(2 * self.len, T::default());
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::Ring;

    proptest! {
        #[test]
        fn a_ring_is_a_queue(steps in proptest::collection::vec((0..6_u8, 0..9_i64), 0..400)) {
            let (mut ring, mut queue) = (Ring::new(), VecDeque::new());
            for (step, value) in steps {
                match step {
                    0..3 => {
                        ring.push_back(value);
                        queue.push_back(value);
                    }
                    3 => {
                        ring.pop_front();
                        queue.pop_front();
                    }
                    4 => {
                        ring.pop_back();
                        queue.pop_back();
                    }
                    _ => {
                        if let (Some(ours), Some(theirs)) = (ring.back_mut(), queue.back_mut()) {
                            (*ours, *theirs) = (value, value);
                        }
                    }
                }
                prop_assert_eq!((ring.len(), ring.front(), ring.back()), (queue.len(), queue.front().copied(), queue.back().copied()));
                prop_assert_eq!((0..=ring.len()).map(|at| ring.get(at)).collect::<Vec<_>>(), (0..=queue.len()).map(|at| queue.get(at).copied()).collect::<Vec<_>>());
            }
        }
    }
}
