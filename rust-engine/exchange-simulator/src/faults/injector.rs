//! Faults of stream messages: what is sent in place of what the venue said.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use common::time::{NANOS_PER_SECOND, UnixNanos};

use super::{Fault, How, Target};
use crate::event::{Event, Payload};

/// A counted fault that finds no message to hit is forgotten after this long.
const FORGOTTEN_AFTER_NS: i64 = 60 * NANOS_PER_SECOND;

/// A message on its way to the clients.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// What the venue said.
    pub event: Event,
    /// How it is to be damaged.
    pub damage: Option<How>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Skip,
    Duplicate,
    Reorder,
    Corrupt(How),
}

/// A fault that hits the next `count` messages of each stream of its target.
#[derive(Debug)]
struct Counted {
    act: Act,
    name: &'static str,
    target: Target,
    count: u32,
    used: HashMap<Arc<str>, u32>,
    forgotten_at: UnixNanos,
}

impl Counted {
    fn hits(&mut self, event: &Event) -> bool {
        let is_target = match event.payload {
            Payload::Depth(_) => self.target == Target::Depth,
            Payload::Trade(..) => self.target == Target::Trade,
            _ => false,
        };
        if !is_target {
            return false;
        }
        let used = self.used.entry(Arc::clone(&event.stream)).or_default();
        *used += 1;
        *used <= self.count
    }
}

/// Carries out the faults of stream messages, in the order: skip, reorder, duplicate, corrupt, delay.
#[derive(Debug, Default)]
pub struct Injector {
    counted: Vec<Counted>,
    held: HashMap<Arc<str>, Outgoing>,
    delay_ns: i64,
    delayed_until: UnixNanos,
    queue: VecDeque<(UnixNanos, Outgoing)>,
    applied: BTreeMap<&'static str, u64>,
}

impl Injector {
    /// How many messages each fault has hit so far.
    #[must_use]
    pub fn applied(&self) -> &BTreeMap<&'static str, u64> {
        &self.applied
    }

    /// Takes a fault of messages; false for one of another kind.
    pub fn add(&mut self, fault: &Fault, now: UnixNanos) -> bool {
        let (act, target, count) = match *fault {
            Fault::SkipDepthUpdates(count) => (Act::Skip, Target::Depth, count),
            Fault::SkipTrades(count) => (Act::Skip, Target::Trade, count),
            Fault::Duplicate { count, of } => (Act::Duplicate, of, count),
            Fault::Reorder { count, of } => (Act::Reorder, of, count),
            Fault::Corrupt { how, count, of } => (Act::Corrupt(how), of, count),
            Fault::Delay { by, r#for } => {
                self.delay_ns = by.nanos();
                self.delayed_until = now + r#for.nanos();
                return true;
            }
            _ => return false,
        };
        self.counted.retain(|counted| counted.forgotten_at > now);
        let forgotten_at = now + FORGOTTEN_AFTER_NS;
        self.counted.push(Counted { act, name: fault.name(), target, count, used: HashMap::new(), forgotten_at });
        true
    }

    /// Takes what the venue says at `now`; returns what is sent at once.
    pub fn pass(&mut self, event: Event, now: UnixNanos) -> Vec<Outgoing> {
        let mut sent = Vec::with_capacity(1);
        self.damage(event, now, &mut sent);
        if now < self.delayed_until && self.delay_ns > 0 {
            *self.applied.entry("delay").or_default() += sent.len() as u64;
            self.queue.extend(sent.drain(..).map(|message| (now + self.delay_ns, message)));
        } else if let Some(&(last, _)) = self.queue.back() {
            // TCP keeps the order: what comes after a delay cannot overtake it.
            self.queue.extend(sent.drain(..).map(|message| (last, message)));
        }
        sent
    }

    fn damage(&mut self, event: Event, now: UnixNanos, sent: &mut Vec<Outgoing>) {
        let (mut skip, mut twice, mut swap, mut damage) = (false, false, false, None);
        for counted in self.counted.iter_mut().filter(|counted| counted.forgotten_at > now) {
            // A message that is held back or gone is not counted by the faults behind it.
            let completes_pair = counted.act == Act::Reorder && self.held.contains_key(&event.stream);
            if skip || completes_pair || !counted.hits(&event) {
                continue;
            }
            *self.applied.entry(counted.name).or_default() += 1;
            match counted.act {
                Act::Skip => skip = true,
                Act::Duplicate => twice = true,
                Act::Reorder => swap = true,
                Act::Corrupt(how) => damage = Some(how),
            }
        }
        if skip {
            return;
        }
        let stream = Arc::clone(&event.stream);
        let message = Outgoing { event, damage };
        if swap {
            self.held.insert(stream, message);
            return;
        }
        if twice {
            sent.push(message.clone());
        }
        sent.push(message);
        sent.extend(self.held.remove(&stream));
    }

    /// When the next delayed message is due.
    #[must_use]
    pub fn next_deadline(&self) -> Option<UnixNanos> {
        self.queue.front().map(|&(at, _)| at)
    }

    /// Delayed messages that are due at `now`.
    pub fn due(&mut self, now: UnixNanos) -> Vec<Outgoing> {
        let count = self.queue.partition_point(|&(at, _)| at <= now);
        self.queue.drain(..count).map(|(_, message)| message).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::Span;
    use super::*;
    use crate::event::Depth;
    use common::market::Symbol;
    use proptest::prelude::*;

    fn depth(id: u64) -> Event {
        let depth = Depth {
            symbol: Symbol::new("A"),
            event_ts: UnixNanos(0),
            first_update_id: id,
            final_update_id: id,
            bids: Vec::new(),
            asks: Vec::new(),
        };
        Event { stream: "a@depth@100ms".into(), payload: Payload::Depth(depth) }
    }

    fn ids(messages: &[Outgoing]) -> Vec<u64> {
        let id = |message: &Outgoing| match &message.event.payload {
            Payload::Depth(depth) => depth.final_update_id,
            other => panic!("{other:?}"),
        };
        messages.iter().map(id).collect()
    }

    fn run(faults: &[Fault], count: u64) -> Vec<u64> {
        let mut injector = Injector::default();
        for fault in faults {
            assert!(injector.add(fault, UnixNanos(0)));
        }
        (1..=count).flat_map(|id| ids(&injector.pass(depth(id), UnixNanos(1)))).collect()
    }

    #[test]
    fn each_fault_does_what_its_name_says() {
        let of = Target::Depth;
        assert_eq!(run(&[], 3), [1, 2, 3]);
        assert_eq!(run(&[Fault::SkipDepthUpdates(2)], 4), [3, 4]);
        assert_eq!(run(&[Fault::SkipTrades(2)], 2), [1, 2], "not its kind");
        assert_eq!(run(&[Fault::Duplicate { count: 2, of }], 3), [1, 1, 2, 2, 3]);
        assert_eq!(run(&[Fault::Reorder { count: 1, of }], 4), [2, 1, 3, 4]);
        assert_eq!(run(&[Fault::Reorder { count: 2, of }], 4), [2, 1, 4, 3]);
        assert_eq!(run(&[Fault::SkipDepthUpdates(1), Fault::Duplicate { count: 1, of }], 3), [2, 2, 3]);
    }

    #[test]
    fn the_slow_and_the_fast_stream_lose_as_many() {
        let mut injector = Injector::default();
        injector.add(&Fault::SkipDepthUpdates(1), UnixNanos(0));
        let slow = |id| Event { stream: "a@depth".into(), ..depth(id) };
        assert!(injector.pass(depth(1), UnixNanos(1)).is_empty());
        assert!(injector.pass(slow(1), UnixNanos(1)).is_empty());
        assert_eq!(ids(&injector.pass(depth(2), UnixNanos(1))), [2]);
        assert_eq!(injector.applied()["skip_depth_updates"], 2);
    }

    #[test]
    fn a_delay_keeps_the_order_and_ends() {
        let mut injector = Injector::default();
        injector.add(&Fault::Delay { by: Span::from_millis(700), r#for: Span::from_millis(100) }, UnixNanos(0));
        let millis = |millis: i64| UnixNanos(millis * 1_000_000);
        assert!(injector.pass(depth(1), millis(10)).is_empty());
        assert!(injector.pass(depth(2), millis(200)).is_empty(), "may not overtake");
        assert_eq!(injector.next_deadline(), Some(millis(710)));
        assert!(injector.due(millis(709)).is_empty());
        assert_eq!(ids(&injector.due(millis(710))), [1, 2]);
        assert_eq!(ids(&injector.pass(depth(3), millis(800))), [3]);
    }

    #[test]
    fn damage_is_marked_on_the_message() {
        let mut injector = Injector::default();
        let fault = Fault::Corrupt { how: How::Nan, count: 1, of: Target::Depth };
        injector.add(&fault, UnixNanos(0));
        assert_eq!(injector.pass(depth(1), UnixNanos(1))[0].damage, Some(How::Nan));
        assert_eq!(injector.pass(depth(2), UnixNanos(1))[0].damage, None);
    }

    proptest! {
        #[test]
        fn without_skips_nothing_is_lost(duplicates in 0..5_u32, swaps in 0..5_u32, count in 12..40_u64) {
            let of = Target::Depth;
            let faults = [Fault::Duplicate { count: duplicates, of }, Fault::Reorder { count: swaps, of }];
            let mut seen = run(&faults, count);
            seen.sort_unstable();
            seen.dedup();
            // The last message may still wait for its successor.
            prop_assert!(seen.len() as u64 >= count - 1);
        }
    }
}
