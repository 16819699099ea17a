//! The feed's thread: sockets, feed and data channel on one thread, so that a frame is published without waking another.

use std::cell::RefCell;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;

use common::market::Symbol;
use common::wire::DataMessage;
use crossbeam_channel::Sender;
use data_bridge::{Counts, Publisher};
use feed_handler::Feed;
use feed_handler::io::{self, Control, Delivery, End, Received, Venue};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::desk::{ClockOffset, Job};

/// The feed, and where its words go.
pub(crate) struct FeedThread {
    pub(crate) feed: Feed,
    pub(crate) venue: Venue,
    pub(crate) control: mpsc::Receiver<Control>,
    /// The data channel.
    pub(crate) data: Publisher<DataMessage>,
    /// What others have for the data channel; the thread ends once nobody can have anything any more.
    pub(crate) others: mpsc::Receiver<DataMessage>,
    pub(crate) desk: Sender<Job>,
    pub(crate) record: Option<mpsc::Sender<Received>>,
    pub(crate) offset: ClockOffset,
    pub(crate) counts: Counts,
}

impl FeedThread {
    /// Starts the thread; `ended` is told why the feed ended.
    pub(crate) fn start(self, ended: oneshot::Sender<End>, stop: CancellationToken) -> std::io::Result<JoinHandle<()>> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let run = move || runtime.block_on(self.run(ended, stop));
        std::thread::Builder::new().name("feed".to_owned()).spawn(run)
    }

    async fn run(self, ended: oneshot::Sender<End>, stop: CancellationToken) {
        let Self { feed, venue, control, data, mut others, desk, record, offset, counts } = self;
        let data = RefCell::new(data);
        let mut health = HealthPlus { offset, counts, first: None };
        let deliver = |delivery| match delivery {
            Delivery::Publish(mut message) => {
                health.complete(&mut message);
                data.borrow_mut().publish(&message);
            }
            // The queue may be full for a moment: the desk waits for nobody. It is closed once the engine ends.
            Delivery::Market(event) => {
                let _ = desk.send(Job::Market(event));
            }
        };
        let publish_others = async {
            while let Some(message) = others.recv().await {
                data.borrow_mut().publish(&message);
            }
        };
        let follow = async {
            let end = io::run(feed, venue, control, deliver, record, stop).await;
            // Nobody waits for it where the engine is ending for another reason.
            let _ = ended.send(end);
        };
        tokio::join!(follow, publish_others);
    }
}

/// Health is where refused commands and unsent messages are told too.
struct HealthPlus {
    offset: ClockOffset,
    counts: Counts,
    /// The symbol whose health tells the bridge's own counts as well.
    first: Option<Symbol>,
}

impl HealthPlus {
    fn complete(&mut self, message: &mut DataMessage) {
        let DataMessage::HealthMetrics(health) = message else { return };
        self.offset.store((health.clock_offset_ms * 1e6) as i64, Ordering::Relaxed);
        if *self.first.get_or_insert_with(|| health.symbol.clone()) == health.symbol {
            let invalid = self.counts.invalid().into_iter().map(|(reason, count)| (reason.to_owned(), count));
            health.rejected.extend(invalid);
            health.dropped += self.counts.failed();
        }
    }
}
