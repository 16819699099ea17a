//! The recorder: everything that is received goes to a tape, written by a thread of its own.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;

use feed_handler::io::Received;
use serde_json::Value;
use tape::{Header, Line, Source, TapeError, Writer};
use tokio::sync::mpsc;

use crate::error::CannotStart;

/// Messages that may wait for the disk; the feed counts what does not fit as dropped.
const QUEUE: usize = 100_000;
const RULES: &str = "/api/v3/exchangeInfo";

/// The running recording; it ends once the feed has.
#[derive(Debug)]
pub(crate) struct Recording {
    path: PathBuf,
    thread: JoinHandle<Result<u64, TapeError>>,
}

/// Prepares a tape at `path`, which must not exist yet. It begins with the venue's rules, so with the first answer.
pub(crate) fn begin(path: &Path) -> Result<(mpsc::Sender<Received>, Recording), CannotStart> {
    if path.exists() {
        let path = path.display();
        return Err(CannotStart::Settings(vec![format!(
            "--record {path}: exists; a recording never overwrites another"
        )]));
    }
    let (sender, queue) = mpsc::channel(QUEUE);
    let name = path.to_owned();
    let thread = std::thread::Builder::new().name("recorder".to_owned()).spawn(move || {
        let written = write(queue, &name);
        if let Err(error) = &written {
            tracing::error!("the recording has ended, the engine goes on: {error}");
        }
        written
    });
    let thread = thread.map_err(|source| CannotStart::File { path: path.to_owned(), source })?;
    Ok((sender, Recording { path: path.to_owned(), thread }))
}

impl Recording {
    /// Waits for the last message, and says what was kept.
    pub(crate) fn finish(self) -> Result<String, String> {
        let path = self.path.display();
        match self.thread.join() {
            Ok(Ok(0)) => Ok(format!("nothing to record: the venue never told its rules; no tape at {path}")),
            Ok(Ok(kept)) => Ok(format!("recorded {kept} messages to {path}")),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err(format!("the recorder of {path} has failed: the tape is unfinished")),
        }
    }
}

fn write(mut queue: mpsc::Receiver<Received>, path: &Path) -> Result<u64, TapeError> {
    let io_error = |action| move |source| TapeError::Io { name: path.display().to_string(), action, source };
    let mut early: Vec<Line> = Vec::new();
    let mut writer: Option<Writer<File>> = None;
    let mut kept = 0;
    while let Some(received) = queue.blocking_recv() {
        if writer.is_none()
            && let Some(symbols) = rules(&received)
        {
            writer = Some(Writer::create(path, &Header::new(Source::Recorded, symbols))?);
        }
        early.extend(received.line());
        if let Some(writer) = &mut writer {
            for line in early.drain(..) {
                writer.write(&line).map_err(io_error("write it"))?;
                kept += 1;
            }
        }
    }
    if let Some(writer) = writer {
        writer.finish().map_err(io_error("finish it"))?;
    }
    Ok(kept)
}

/// The venue's symbol objects, where this is its answer about rules.
fn rules(received: &Received) -> Option<Vec<Value>> {
    let Received::Rest { path, body, .. } = received else { return None };
    let mut info: Value = serde_json::from_slice(body).ok().filter(|_| path.starts_with(RULES))?;
    match info.get_mut("symbols")?.take() {
        Value::Array(symbols) => Some(symbols),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use common::time::UnixNanos;
    use tape::Tape;

    const FRAME: &str = r#"{"stream":"btcusdt@trade","data":{"T":1}}"#;

    fn frame(n: i64) -> Received {
        Received::Frame { recv_ts: UnixNanos(n * 400_000_000), text: FRAME.into() }
    }

    #[test]
    fn what_was_received_is_on_a_finished_tape_from_the_first_message_on() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("run.tape");
        let (sender, recording) = begin(&path).expect("a new file");
        let body = r#"{"serverTime":1,"symbols":[{"symbol":"BTCUSDT"}]}"#;
        let answer =
            Received::Rest { recv_ts: UnixNanos(1), path: format!("{RULES}?symbol=BTCUSDT"), body: body.into() };
        let received: Vec<Received> = [frame(0), answer].into_iter().chain((1..10).map(frame)).collect();
        for message in &received {
            sender.blocking_send(message.clone()).expect("a recorder that waits");
        }
        drop(sender);
        assert_eq!(recording.finish(), Ok(format!("recorded 11 messages to {}", path.display())));

        let tape = Tape::open(&path).expect("a good tape");
        assert_eq!((tape.warning(), tape.header().symbol_names()), (None, vec!["BTCUSDT"]));
        let lines: Result<Vec<Line>, _> = tape.into_lines().collect();
        let wanted: Vec<Line> = received.iter().filter_map(Received::line).collect();
        assert_eq!(lines.expect("good lines"), wanted);
        assert!(begin(&path).is_err(), "a recording never overwrites another");
    }
}
