//! What a venue trades, before there is a feed.

use common::market::Symbol;
use thiserror::Error;

use super::choose_cryptography;
use super::rest::{Reply, Rest};
use crate::binance::{ExchangeInfo, parse_exchange_info};
use crate::request::Request;

/// Why a venue's rules could not be read.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum DiscoverError {
    /// Nothing answers at the address.
    #[error("no venue at {origin}: {reason}")]
    NoVenue {
        /// The address.
        origin: String,
        /// What happened.
        reason: String,
    },
    /// The venue refused, or said something else than rules.
    #[error("the venue at {origin} does not tell its rules: {reason}")]
    Refused {
        /// The address.
        origin: String,
        /// What it said.
        reason: String,
    },
}

/// Asks the venue at `origin` for its rules; of all its symbols where none is named.
///
/// # Errors
/// [`DiscoverError`] where nothing answers, or something else.
pub async fn discover(origin: &str, symbols: &[Symbol]) -> Result<ExchangeInfo, DiscoverError> {
    choose_cryptography();
    let no_venue = |reason| DiscoverError::NoVenue { origin: origin.to_owned(), reason };
    let refused = |reason| DiscoverError::Refused { origin: origin.to_owned(), reason };
    let rest = Rest::new(origin).map_err(no_venue)?;
    match rest.get(&Request::ExchangeInfo(symbols.to_vec()).path()).await {
        Reply::Failed(reason) => Err(no_venue(reason)),
        Reply::Replied { status: 200, body, .. } => {
            parse_exchange_info(&body).map_err(|error| refused(error.to_string()))
        }
        Reply::Replied { status, body, .. } => {
            Err(refused(format!("status {status}: {}", String::from_utf8_lossy(&body[..body.len().min(200)]))))
        }
    }
}
