//! Query parameters and the venue's rules for them.

use common::time::UnixNanos;
use percent_encoding::percent_decode_str;

use super::error::ApiError;

const LEGAL_NUMBER: &str = "^[0-9]{1,20}$";
const LEGAL_SYMBOL: &str = "^[\\w\\-._&&[^a-z]]{1,50}$";
const LEGAL_SYMBOLS: &str = "^\\[(\"[\\w\\-._&&[^a-z]]{1,50}\"(,\"[\\w\\-._&&[^a-z]]{1,50}\"){0,}){0,1}\\]$";

/// The parameters of one request, decoded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Params(Vec<(String, String)>);

impl Params {
    /// Splits and decodes a query string. A plus sign stays a plus sign: time zones have one.
    #[must_use]
    pub fn parse(query: &str) -> Self {
        let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let pairs = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        });
        Self(pairs.collect())
    }

    /// The value of a parameter.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Refuses parameters that an endpoint does not have, empty ones and repeated ones.
    ///
    /// # Errors
    /// The venue's refusal.
    pub fn only(&self, known: &[&str]) -> Result<(), ApiError> {
        let read = self.0.iter().filter(|(name, _)| known.contains(&name.as_str())).count();
        if read < self.0.len() {
            return Err(ApiError::unread(read, self.0.len()));
        }
        for (index, (name, value)) in self.0.iter().enumerate() {
            if value.is_empty() {
                return Err(ApiError::empty(name));
            }
            if self.0[..index].iter().any(|(earlier, _)| earlier == name) {
                return Err(ApiError::duplicate_values());
            }
        }
        Ok(())
    }

    /// A parameter that must be there.
    ///
    /// # Errors
    /// The venue's refusal.
    pub fn mandatory(&self, name: &str) -> Result<&str, ApiError> {
        self.get(name).ok_or_else(|| ApiError::mandatory(name))
    }

    /// A symbol's name as the client spells it.
    ///
    /// # Errors
    /// The venue's refusal of characters that no symbol has.
    pub fn symbol(&self) -> Result<Option<&str>, ApiError> {
        match self.get("symbol") {
            Some(symbol) if !is_symbol(symbol) => Err(ApiError::illegal_characters("symbol", LEGAL_SYMBOL)),
            symbol => Ok(symbol),
        }
    }

    /// A list of symbols, as JSON.
    ///
    /// # Errors
    /// The venue's refusal.
    pub fn symbols(&self) -> Result<Option<Vec<String>>, ApiError> {
        let Some(text) = self.get("symbols") else { return Ok(None) };
        let names: Vec<String> = serde_json::from_str(text)
            .ok()
            .filter(|names: &Vec<String>| names.iter().all(|name| is_symbol(name)))
            .ok_or_else(|| ApiError::illegal_characters("symbols", LEGAL_SYMBOLS))?;
        for (index, name) in names.iter().enumerate() {
            if names[..index].contains(name) {
                return Err(ApiError::repeated_symbol());
            }
        }
        Ok(Some(names))
    }

    /// A whole number.
    ///
    /// # Errors
    /// The venue's refusal.
    pub fn number(&self, name: &str) -> Result<Option<u64>, ApiError> {
        let Some(text) = self.get(name) else { return Ok(None) };
        if text.len() > 20 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(ApiError::illegal_characters(name, LEGAL_NUMBER));
        }
        text.parse().map(Some).map_err(|_| ApiError::invalid_data(name))
    }

    /// How many items: `default` if not given, at most `largest`.
    ///
    /// # Errors
    /// The venue's refusal.
    pub fn limit(&self, default: usize, largest: usize) -> Result<usize, ApiError> {
        match self.number("limit")? {
            Some(0) => Err(ApiError::invalid_data("limit")),
            Some(limit) => Ok(usize::try_from(limit).unwrap_or(largest).min(largest)),
            None => Ok(default),
        }
    }

    /// A time, in milliseconds or microseconds.
    ///
    /// # Errors
    /// The venue's refusal.
    pub fn time(&self, name: &str) -> Result<Option<UnixNanos>, ApiError> {
        let Some(value) = self.number(name)? else { return Ok(None) };
        let at = i64::try_from(value).ok().and_then(UnixNanos::from_venue);
        at.map(Some).ok_or_else(|| ApiError::invalid_data(name))
    }

    /// True or false.
    ///
    /// # Errors
    /// The venue's refusal.
    pub fn flag(&self, name: &str, default: bool) -> Result<bool, ApiError> {
        match self.get(name) {
            None => Ok(default),
            Some("true" | "TRUE") => Ok(true),
            Some("false" | "FALSE") => Ok(false),
            Some(_) => Err(ApiError::invalid_data(name)),
        }
    }
}

/// Symbols may be of any script (`这是测试币456`), but have no lower-case Latin letters.
fn is_symbol(name: &str) -> bool {
    let legal =
        |letter: char| !letter.is_ascii_lowercase() && (letter.is_alphanumeric() || ['-', '_', '.'].contains(&letter));
    !name.is_empty() && name.chars().count() <= 50 && name.chars().all(legal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_what_clients_encode() {
        let params = Params::parse("symbols=%5B%22BTCUSDT%22%2C%22TRXUSDT%22%5D&timeZone=+8:00&symbol=%E8%BF%99456");
        assert_eq!(params.symbols().unwrap().unwrap(), ["BTCUSDT", "TRXUSDT"]);
        assert_eq!(params.get("timeZone"), Some("+8:00"));
        assert_eq!(params.symbol(), Ok(Some("这456")));
    }

    #[test]
    fn refuses_as_the_venue_does() {
        let code = |refused: Result<_, ApiError>| refused.map(|_: ()| ()).unwrap_err().code;
        assert_eq!(code(Params::parse("symbol=A&x=1").only(&["symbol"])), -1104);
        assert_eq!(code(Params::parse("symbol=").only(&["symbol"])), -1105);
        assert_eq!(code(Params::parse("symbol=A&symbol=B").only(&["symbol"])), -1101);
        assert_eq!(code(Params::parse("symbol=btcusdt").symbol().map(drop)), -1100);
        assert_eq!(code(Params::parse("symbols=[A]").symbols().map(drop)), -1100);
        assert_eq!(code(Params::parse(r#"symbols=["A","A"]"#).symbols().map(drop)), -1151);
        assert_eq!(code(Params::parse("limit=ten").limit(1, 2).map(drop)), -1100);
        assert_eq!(code(Params::parse("limit=0").limit(1, 2).map(drop)), -1130);
        assert_eq!(Params::parse("limit=999").limit(1, 2), Ok(2));
        assert_eq!(Params::parse("").mandatory("symbol").unwrap_err().code, -1102);
    }

    #[test]
    fn times_are_read_in_both_units() {
        let params = Params::parse("startTime=1499827319559&endTime=1499827319559000");
        assert_eq!(params.time("startTime"), params.time("endTime"));
    }
}
