//! Who runs, who failed, and when it is over: one handler for every task of the process.

use std::future::Future;

use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Why a run ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// In order: exit code 0.
    InOrder(String),
    /// A part has failed: exit code 1.
    Failed(String),
}

/// The running tasks. Each ends by itself, by the token, or by a failure that ends the run.
pub(crate) struct Tasks {
    set: JoinSet<(&'static str, Result<Option<Ending>, String>)>,
    stop: CancellationToken,
}

impl Tasks {
    pub(crate) fn new() -> Self {
        Self { set: JoinSet::new(), stop: CancellationToken::new() }
    }

    /// Cancelled when everything is to end.
    pub(crate) fn stop_token(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Starts a task. `Ok(Some(ending))` ends the run, `Ok(None)` is an end that was asked for, `Err` a failure.
    pub(crate) fn spawn(
        &mut self,
        name: &'static str,
        task: impl Future<Output = Result<Option<Ending>, String>> + Send + 'static,
    ) {
        self.set.spawn(async move { (name, task.await) });
    }

    /// Waits until a task ends the run, or a task fails or panics.
    pub(crate) async fn ending(&mut self) -> Ending {
        while let Some(ended) = self.set.join_next().await {
            match ended {
                Ok((_, Ok(Some(ending)))) => return ending,
                Ok((_, Ok(None))) => {}
                Ok((name, Err(reason))) => return Ending::Failed(format!("{name}: {reason}")),
                Err(error) => return Ending::Failed(format!("a task has failed: {error}")),
            }
        }
        Ending::Failed("nothing runs any more".to_owned())
    }

    /// Tells every task to end, and waits for them; returns what went wrong on the way.
    pub(crate) async fn end(mut self) -> Vec<String> {
        self.stop.cancel();
        let mut faults = Vec::new();
        while let Some(ended) = self.set.join_next().await {
            match ended {
                Ok((_, Ok(None | Some(Ending::InOrder(_))))) => {}
                Ok((name, Ok(Some(Ending::Failed(reason))) | Err(reason))) => faults.push(format!("{name}: {reason}")),
                Err(error) => faults.push(format!("a task has failed: {error}")),
            }
        }
        faults
    }
}

/// Waits for Ctrl-C or a polite kill, and names it.
///
/// # Errors
/// The system's words where signals cannot be listened to.
pub(crate) async fn asked_to_stop() -> std::io::Result<&'static str> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::select! {
        biased;
        _ = interrupt.recv() => Ok("interrupted (Ctrl-C)"),
        _ = terminate.recv() => Ok("terminated (SIGTERM)"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::pending;

    #[tokio::test]
    async fn the_first_failure_ends_the_run_and_the_others_are_told() {
        let mut tasks = Tasks::new();
        let stop = tasks.stop_token();
        tasks.spawn("patient", async move {
            stop.cancelled().await;
            Ok(None)
        });
        tasks.spawn("feed", async { Err("the venue is gone".to_owned()) });
        assert_eq!(tasks.ending().await, Ending::Failed("feed: the venue is gone".to_owned()));
        assert_eq!(tasks.end().await, Vec::<String>::new());
    }

    #[tokio::test]
    async fn a_panic_is_a_failure() {
        let mut tasks = Tasks::new();
        tasks.spawn("waits", pending());
        tasks.spawn("panics", async { panic!("impossible") });
        assert!(matches!(tasks.ending().await, Ending::Failed(_)));
    }

    #[tokio::test]
    async fn a_task_may_end_the_run_in_order() {
        let mut tasks = Tasks::new();
        tasks.spawn("feed", async { Ok(Some(Ending::InOrder("end of tape".to_owned()))) });
        assert_eq!(tasks.ending().await, Ending::InOrder("end of tape".to_owned()));
    }
}
