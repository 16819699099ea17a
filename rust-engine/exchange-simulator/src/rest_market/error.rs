//! The venue's refusals, with its own codes and words: clients choose their error classes by both.

use serde_json::json;

/// A refusal: HTTP status, code and message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    /// HTTP status.
    pub status: u16,
    /// The venue's code.
    pub code: i32,
    /// The venue's words.
    pub msg: String,
}

impl ApiError {
    fn bad_request(code: i32, msg: impl Into<String>) -> Self {
        Self { status: 400, code, msg: msg.into() }
    }

    /// No such symbol.
    #[must_use]
    pub fn invalid_symbol() -> Self {
        Self::bad_request(-1121, "Invalid symbol.")
    }

    /// No such kline interval.
    #[must_use]
    pub fn invalid_interval() -> Self {
        Self::bad_request(-1120, "Invalid interval.")
    }

    /// No such symbol status.
    #[must_use]
    pub fn invalid_symbol_status() -> Self {
        Self::bad_request(-1122, "Invalid symbolStatus.")
    }

    /// The symbol has another status than the one asked for.
    #[must_use]
    pub fn status_mismatch() -> Self {
        Self::bad_request(-1220, "The symbol's status does not match the requested symbolStatus.")
    }

    /// A parameter that is needed.
    #[must_use]
    pub fn mandatory(name: &str) -> Self {
        Self::bad_request(-1102, format!("Mandatory parameter '{name}' was not sent, was empty/null, or malformed."))
    }

    /// A parameter without a value.
    #[must_use]
    pub fn empty(name: &str) -> Self {
        Self::bad_request(-1105, format!("Parameter '{name}' was empty."))
    }

    /// A parameter with characters that it must not have.
    #[must_use]
    pub fn illegal_characters(name: &str, legal: &str) -> Self {
        let msg = format!("Illegal characters found in parameter '{name}'; legal range is '{legal}'.");
        Self::bad_request(-1100, msg)
    }

    /// A parameter given twice.
    #[must_use]
    pub fn duplicate_values() -> Self {
        Self::bad_request(-1101, "Duplicate values for a parameter detected.")
    }

    /// Parameters that the endpoint does not know.
    #[must_use]
    pub fn unread(read: usize, sent: usize) -> Self {
        let msg = format!("Not all sent parameters were read; read '{read}' parameter(s) but was sent '{sent}'.");
        Self::bad_request(-1104, msg)
    }

    /// Parameters that exclude each other.
    #[must_use]
    pub fn combination() -> Self {
        Self::bad_request(-1128, "Combination of optional parameters invalid.")
    }

    /// A value that the parameter cannot have.
    #[must_use]
    pub fn invalid_data(name: &str) -> Self {
        Self::bad_request(-1130, format!("Data sent for parameter '{name}' is not valid."))
    }

    /// One symbol twice in a list.
    #[must_use]
    pub fn repeated_symbol() -> Self {
        Self::bad_request(-1151, "Symbol is present multiple times in the list.")
    }

    /// No such unit of time.
    #[must_use]
    pub fn invalid_time_unit() -> Self {
        Self::bad_request(-1194, "Invalid value for time unit; expected either MICROSECOND or MILLISECOND.")
    }

    /// No such path.
    #[must_use]
    pub fn unknown_path(path: &str) -> Self {
        Self { status: 404, code: -1000, msg: format!("Path {path} is not served here.") }
    }

    /// Too many requests in this window.
    #[must_use]
    pub fn too_many(limit: u32) -> Self {
        let msg = format!(
            "Too much request weight used; current limit is {limit} request weight per 1 MINUTE. Please use WebSocket \
             Streams for live updates to avoid polling the API."
        );
        Self { status: 429, code: -1003, msg }
    }

    /// Banned for going on after that.
    #[must_use]
    pub fn banned(until_ms: i64) -> Self {
        let msg = format!(
            "Way too much request weight used; IP banned until {until_ms}. Please use WebSocket Streams for live \
             updates to avoid bans."
        );
        Self { status: 418, code: -1003, msg }
    }

    /// The venue's words for a status that was asked for by a fault.
    #[must_use]
    pub fn of_status(status: u16, limit: u32, banned_until_ms: i64) -> Self {
        match status {
            429 => Self::too_many(limit),
            418 => Self::banned(banned_until_ms),
            503 => Self { status, code: -1008, msg: "Server is currently overloaded with other requests.".to_owned() },
            504 => Self {
                status,
                code: -1007,
                msg: "Timeout waiting for response from backend server. Send status unknown; execution status unknown."
                    .to_owned(),
            },
            _ => Self {
                status,
                code: -1001,
                msg: "Internal error; unable to process your request. Please try again.".to_owned(),
            },
        }
    }

    /// The body that is sent.
    #[must_use]
    pub fn body(&self) -> String {
        json!({"code": self.code, "msg": self.msg}).to_string()
    }
}
