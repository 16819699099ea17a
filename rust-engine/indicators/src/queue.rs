//! The queue under every window.

/// A queue of plain values that lie side by side: those that left stay in front until room is needed, so that a window
/// of event time stops allocating once it has seen its busiest second.
#[derive(Clone, Debug)]
pub(crate) struct Queue<T> {
    slots: Vec<T>,
    /// Where the oldest is.
    first: usize,
}

impl<T: Copy> Queue<T> {
    pub(crate) fn new() -> Self {
        Self { slots: Vec::new(), first: 0 }
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.first == self.slots.len()
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.slots.len() - self.first
    }

    #[inline]
    pub(crate) fn front(&self) -> Option<&T> {
        self.slots.get(self.first)
    }

    /// Oldest first.
    #[inline]
    pub(crate) fn as_slice(&self) -> &[T] {
        &self.slots[self.first..]
    }

    #[inline]
    pub(crate) fn as_mut_slice(&mut self) -> &mut [T] {
        &mut self.slots[self.first..]
    }

    #[inline]
    pub(crate) fn push_back(&mut self, value: T) {
        if self.slots.len() == self.slots.capacity() {
            self.make_room();
        }
        self.slots.push(value);
    }

    /// Takes the oldest out, if there is one and `leaves` holds for it.
    #[inline]
    pub(crate) fn pop_front_if(&mut self, leaves: impl FnOnce(&T) -> bool) -> Option<T> {
        let oldest = *self.slots.get(self.first)?;
        if !leaves(&oldest) {
            return None;
        }
        self.first += 1;
        Some(oldest)
    }

    /// Drops the `count` oldest.
    #[inline]
    pub(crate) fn drop_front(&mut self, count: usize) {
        self.first += count;
    }

    /// Drops the newest for as long as `leaves` holds for it.
    #[inline]
    pub(crate) fn drop_back_while(&mut self, leaves: impl Fn(&T) -> bool) {
        let mut end = self.slots.len();
        while self.first < end && leaves(&self.slots[end - 1]) {
            end -= 1;
        }
        self.slots.truncate(end);
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

impl<T: Copy, const N: usize> From<[T; N]> for Queue<T> {
    fn from(values: [T; N]) -> Self {
        Self { slots: Vec::from(values), first: 0 }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::Queue;

    proptest! {
        #[test]
        fn it_is_a_queue(steps in proptest::collection::vec((0..6_u8, 0..9_i64), 0..400)) {
            let (mut ours, mut queue) = (Queue::new(), VecDeque::new());
            for (step, value) in steps {
                match step {
                    0..3 => {
                        ours.push_back(value);
                        queue.push_back(value);
                    }
                    3 => {
                        let leaves = queue.front().is_some_and(|oldest| *oldest <= value);
                        let left = leaves.then(|| queue.pop_front()).flatten();
                        prop_assert_eq!(ours.pop_front_if(|oldest| *oldest <= value), left);
                    }
                    4 => {
                        ours.drop_back_while(|newest| *newest >= value);
                        while queue.back().is_some_and(|newest| *newest >= value) {
                            queue.pop_back();
                        }
                    }
                    _ => {
                        if let ([.., ours], Some(theirs)) = (ours.as_mut_slice(), queue.back_mut()) {
                            (*ours, *theirs) = (value, value);
                        }
                    }
                }
                prop_assert_eq!((ours.len(), ours.front(), ours.is_empty()), (queue.len(), queue.front(), queue.is_empty()));
                prop_assert!(ours.as_slice().iter().eq(queue.iter()));
            }
        }
    }
}
