//! The paper account, found again at every start: there is no other start.

use clock::WallClock;
use execution_engine::io::{Found, PaperJournal};
use execution_engine::{PaperAccount, PaperDesk};

use crate::error::CannotStart;
use crate::rooms;
use crate::settings::Settings;

/// Holds the account's journal, brings a desk to where it ends, and says what was found. The desk has yet to begin.
pub(crate) fn recover(settings: &Settings, clock: WallClock) -> Result<(PaperDesk, PaperJournal), CannotStart> {
    let config = &settings.config;
    let path = settings.root.join(config.text("persistence", "paper_journal"));
    let born = PaperAccount::born(clock.now(), rooms::initial_capital(config));
    let found = Found::open(&path, born.clone())?;
    let account = found.account().clone();
    if account.initial_capital != born.initial_capital {
        tracing::warn!(
            "the paper account began with {}; [risk] initial_capital = {} is for a new one",
            account.initial_capital.normalize(),
            born.initial_capital.normalize()
        );
    }
    let is_new = account == born;
    let mut desk = PaperDesk::new(&rooms::desk(config), &rooms::paper(config), account);
    let (journal, cut) = found.replay(|entry| desk.replay(&entry))?;
    if cut > 0 {
        let path = path.display();
        tracing::warn!(
            "the last line of the paper journal {path} was cut short ({cut} bytes): dropped, never answered"
        );
    }
    let word = if is_new { "new" } else { "recovered" };
    tracing::info!("paper {word}: {}; journal {}", desk.recovered(), path.display());
    Ok((desk, journal))
}
