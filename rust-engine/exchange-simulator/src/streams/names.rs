//! Stream names and connection URLs.

use percent_encoding::percent_decode_str;

use crate::event::TimeUnit;
use crate::rest_market::error::ApiError;
use crate::rest_market::params::Params;

/// What a connection's URL asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// Payloads are wrapped in `{"stream":..,"data":..}`.
    pub combined: bool,
    /// Unit of all times.
    pub unit: TimeUnit,
    /// Streams to begin with; names that are none are left out (clients connect to `/ws/0`).
    pub streams: Vec<String>,
}

impl Wish {
    /// Reads `/ws`, `/ws/<s1>/<s2>`, `/stream` and `/stream?streams=<s1>/<s2>`, percent-encoded or not.
    ///
    /// # Errors
    /// The venue's refusal of an unknown time unit.
    pub fn of_url(path: &str, query: &str) -> Result<Self, ApiError> {
        let params = Params::parse(query);
        let unit = match params.get("timeUnit") {
            None => TimeUnit::default(),
            Some(name) => TimeUnit::named(name).ok_or_else(ApiError::invalid_time_unit)?,
        };
        let path = percent_decode_str(path).decode_utf8_lossy();
        let combined = path.starts_with("/stream");
        let list = if combined { params.get("streams").unwrap_or("") } else { path.strip_prefix("/ws/").unwrap_or("") };
        let mut streams: Vec<String> = Vec::new();
        for name in list.split('/').filter(|name| is_stream(name)) {
            if !streams.iter().any(|known| known == name) {
                streams.push(name.to_owned());
            }
        }
        Ok(Self { combined, unit, streams })
    }
}

/// True for what looks like a stream's name: `<symbol>@<what>` or `!<what>`.
#[must_use]
pub fn is_stream(name: &str) -> bool {
    match name.split_once('@') {
        Some((symbol, what)) => !symbol.is_empty() && what.starts_with(|first: char| first.is_ascii_alphabetic()),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn streams(path: &str, query: &str) -> Vec<String> {
        Wish::of_url(path, query).unwrap().streams
    }

    #[test]
    fn all_forms_of_url_are_read() {
        assert_eq!(streams("/ws", ""), [""; 0]);
        assert_eq!(streams("/ws/0", ""), [""; 0], "a number is no stream");
        assert_eq!(streams("/ws/a@trade/b@depth@100ms", ""), ["a@trade", "b@depth@100ms"]);
        assert_eq!(streams("/ws/a%40trade", ""), ["a@trade"]);
        assert_eq!(streams("/stream", "streams=a@trade/a@trade/b@depth"), ["a@trade", "b@depth"]);
        assert_eq!(
            streams("/stream", "streams=a%40trade%2Fb%40kline_1m%40%2B08%3A00"),
            ["a@trade", "b@kline_1m@+08:00"]
        );
        assert_eq!(streams("/stream", "streams=!miniTicker@arr"), ["!miniTicker@arr"]);
    }

    #[test]
    fn the_path_decides_the_form_and_the_query_the_unit() {
        let wish = Wish::of_url("/stream", "streams=a@trade&timeUnit=MICROSECOND").unwrap();
        assert_eq!((wish.combined, wish.unit), (true, TimeUnit::Microseconds));
        let wish = Wish::of_url("/ws/a@trade", "timeUnit=microsecond").unwrap();
        assert_eq!((wish.combined, wish.unit), (false, TimeUnit::Microseconds));
        assert_eq!(Wish::of_url("/ws", "timeUnit=WEEK").unwrap_err().code, -1194);
    }
}
