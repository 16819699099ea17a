//! Values of the configuration, and how text and TOML become them.

use std::fmt;

use super::schema::Kind;

/// One value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A finite number.
    Float(f64),
    /// A whole number.
    Int(i64),
    /// Yes or no.
    Bool(bool),
    /// Text; empty means not set.
    Text(String),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Float(value) => write!(f, "{value:?}"),
            Self::Int(value) => write!(f, "{value}"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Text(value) => write!(f, "{value:?}"),
        }
    }
}

/// Why something is not a value of its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    WrongType,
    OutOfRange,
    NotAllowed,
}

impl Kind {
    /// Takes a TOML value. An integer is accepted where a float is wanted, nothing else.
    pub(super) fn accept(&self, value: &toml::Value) -> Result<Value, Fault> {
        let value = match (self, value) {
            (Self::Float { .. }, toml::Value::Float(value)) => Value::Float(*value),
            (Self::Float { .. }, toml::Value::Integer(value)) => Value::Float(*value as f64),
            (Self::Int { .. }, toml::Value::Integer(value)) => Value::Int(*value),
            (Self::Bool, toml::Value::Boolean(value)) => Value::Bool(*value),
            (Self::Text { .. }, toml::Value::String(value)) => Value::Text(value.clone()),
            _ => return Err(Fault::WrongType),
        };
        self.within(value)
    }

    /// Takes text of the environment or of a flag.
    pub(super) fn accept_text(&self, text: &str) -> Result<Value, Fault> {
        let value = match self {
            Self::Float { .. } if is_plain_float(text) => Value::Float(text.parse().map_err(|_| Fault::WrongType)?),
            Self::Int { .. } if is_plain_int(text) => Value::Int(text.parse().map_err(|_| Fault::OutOfRange)?),
            Self::Bool if text == "true" || text == "false" => Value::Bool(text == "true"),
            Self::Text { .. } => Value::Text(text.to_owned()),
            _ => return Err(Fault::WrongType),
        };
        self.within(value)
    }

    fn within(&self, value: Value) -> Result<Value, Fault> {
        match (self, &value) {
            (Self::Float { min, max }, Value::Float(number)) if !(*min..=*max).contains(number) => {
                Err(Fault::OutOfRange)
            }
            (Self::Float { .. }, Value::Float(number)) if !number.is_finite() => Err(Fault::OutOfRange),
            (Self::Int { min, max }, Value::Int(number)) if !(*min..=*max).contains(number) => Err(Fault::OutOfRange),
            (Self::Text { allowed }, Value::Text(text)) if !allowed.is_empty() && !allowed.contains(text) => {
                Err(Fault::NotAllowed)
            }
            _ => Ok(value),
        }
    }
}

fn is_plain_int(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_plain_float(text: &str) -> bool {
    let (mantissa, exponent) = text.split_once(['e', 'E']).map_or((text, None), |(m, e)| (m, Some(e)));
    let (whole, fraction) = mantissa.split_once('.').map_or((mantissa, None), |(w, f)| (w, Some(f)));
    let unsigned = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.is_empty();
    is_plain_int(whole) && fraction.is_none_or(unsigned) && exponent.is_none_or(is_plain_int)
}
