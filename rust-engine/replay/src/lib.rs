//! Recordings, and their replay: a symbol's market in columns, and our orders in it.
//!
//! Belongs here: how a tape becomes columns, how columns become the market again, the loop over them. Never here: a rule
//! of fills (`matching`), of the feed (`feed-handler`) or of indicators, and any file but the tape that is read.
