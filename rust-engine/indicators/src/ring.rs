//! The queue under every window.

/// A queue of plain values that lie side by side: those that left stay in front until room is needed, so that a window
/// of event time stops allocating once it has seen its busiest second.
#[derive(Clone, Debug)]
pub(crate) struct Ring<T> {
    slots: Vec<T>,
    /// Where the oldest is.
    first: usize,
}

impl<T: Copy> Ring<T> {
    pub(crate) fn new() -> Self {
        Self { slots: Vec::new(), first: 0 }
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.slots.len() - self.first
    }

    /// Oldest first.
    #[inline]
    pub(crate) fn get(&self, index: usize) -> Option<&T> {
        self.slots.get(self.first + index)
    }

    #[inline]
    pub(crate) fn front(&self) -> Option<&T> {
        self.slots.get(self.first)
    }

    #[inline]
    pub(crate) fn back(&self) -> Option<&T> {
        if self.slots.len() > self.first { self.slots.last() } else { None }
    }

    #[inline]
    pub(crate) fn back_mut(&mut self) -> Option<&mut T> {
        if self.slots.len() > self.first { self.slots.last_mut() } else { None }
    }

    /// Oldest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.slots[self.first..].iter()
    }

    #[inline]
    pub(crate) fn push_back(&mut self, value: T) {
        if self.slots.len() == self.slots.capacity() {
            self.make_room();
        }
        self.slots.push(value);
    }

    /// Drops the oldest, if there is one.
    #[inline]
    pub(crate) fn pop_front(&mut self) {
        if self.first < self.slots.len() {
            self.first += 1;
        }
    }

    /// Drops the newest, if there is one.
    #[inline]
    pub(crate) fn pop_back(&mut self) {
        if self.first < self.slots.len() {
            self.slots.pop();
        }
    }

    pub(crate) fn clear(&mut self) {
        self.slots.clear();
        self.first = 0;
    }

    /// Moves what is left to the front; grows only if little would be gained by that.
    #[cold]
    fn make_room(&mut self) {
        if self.first <= self.slots.len() / 2 {
            self.slots.reserve(self.slots.len().max(FIRST_SLOTS));
        }
        self.slots.drain(..self.first);
        self.first = 0;
    }
}

const FIRST_SLOTS: usize = 16;

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
                prop_assert_eq!((ring.len(), ring.front(), ring.back()), (queue.len(), queue.front(), queue.back()));
                prop_assert_eq!((0..=ring.len()).map(|at| ring.get(at)).collect::<Vec<_>>(), (0..=queue.len()).map(|at| queue.get(at)).collect::<Vec<_>>());
                prop_assert!(ring.iter().eq(queue.iter()));
            }
        }
    }
}
