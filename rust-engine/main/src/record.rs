//! The recorder: everything that is received goes to a tape, written by a thread of its own.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use tape::{Header, Line, TapeError, Writer};

/// Lines that may wait for the disk. The feed never waits for it: what does not fit is counted as lost.
const QUEUE: usize = 100_000;

/// Hands lines to the recorder; clones hand to the same.
#[derive(Clone, Debug)]
pub(crate) struct Recorder {
    lines: Sender<Line>,
    lost: Arc<AtomicU64>,
}

impl Recorder {
    /// Keeps a line, or counts it as lost where the disk does not keep up.
    pub(crate) fn keep(&self, line: Line) {
        if let Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) = self.lines.try_send(line) {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// The running recording; it ends once every [`Recorder`] is gone.
#[derive(Debug)]
pub(crate) struct Recording {
    path: PathBuf,
    lost: Arc<AtomicU64>,
    thread: JoinHandle<Result<u64, TapeError>>,
}

/// Begins a tape at `path`, which must not exist yet.
pub(crate) fn begin(path: &Path, header: &Header) -> Result<(Recorder, Recording), TapeError> {
    let writer = Writer::create(path, header)?;
    let (lines, queue) = bounded(QUEUE);
    let lost = Arc::new(AtomicU64::new(0));
    let name = path.to_owned();
    let thread = std::thread::Builder::new().name("recorder".to_owned()).spawn(move || write(writer, &queue, &name));
    let thread = thread.map_err(|source| io_error(path, "start a thread to write it", source))?;
    let recorder = Recorder { lines, lost: lost.clone() };
    Ok((recorder, Recording { path: path.to_owned(), lost, thread }))
}

impl Recording {
    /// Waits for the last line, and says what was kept.
    pub(crate) fn finish(self) -> Result<String, String> {
        let path = self.path.display();
        let kept = match self.thread.join() {
            Ok(Ok(kept)) => kept,
            Ok(Err(error)) => return Err(error.to_string()),
            Err(_) => return Err(format!("the recorder of {path} has failed: the tape is unfinished")),
        };
        match self.lost.load(Ordering::Relaxed) {
            0 => Ok(format!("recorded {kept} messages to {path}")),
            lost => Err(format!("recorded {kept} messages to {path}, but {lost} were lost: the disk was too slow")),
        }
    }
}

fn write(mut writer: Writer<File>, queue: &Receiver<Line>, path: &Path) -> Result<u64, TapeError> {
    let mut kept = 0;
    for line in queue {
        writer.write(&line).map_err(|source| io_error(path, "write it", source))?;
        kept += 1;
    }
    writer.finish().map_err(|source| io_error(path, "finish it", source))?;
    Ok(kept)
}

fn io_error(path: &Path, action: &'static str, source: std::io::Error) -> TapeError {
    TapeError::Io { name: path.display().to_string(), action, source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use common::time::UnixNanos;
    use tape::{Source, Tape};

    #[test]
    fn what_was_handed_over_is_on_a_finished_tape() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("run.tape");
        let header = Header::new(Source::Recorded, vec![serde_json::json!({"symbol": "BTCUSDT"})]);
        let (recorder, recording) = begin(&path, &header).expect("a new file");
        let line = |n: i64| Line::frame(UnixNanos(n * 400_000_000), r#"{"stream":"btcusdt@trade","data":{"T":1}}"#);
        for n in 0..10 {
            recorder.keep(line(n));
        }
        drop(recorder);
        assert_eq!(recording.finish(), Ok(format!("recorded 10 messages to {}", path.display())));

        let tape = Tape::open(&path).expect("a good tape");
        assert_eq!(tape.warning(), None);
        let lines: Result<Vec<Line>, _> = tape.into_lines().collect();
        assert_eq!(lines.expect("good lines"), (0..10).map(line).collect::<Vec<_>>());
        assert!(begin(&path, &header).is_err(), "a recording never overwrites another");
    }
}
