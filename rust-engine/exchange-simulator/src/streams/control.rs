//! Control messages of a stream connection: SUBSCRIBE and its relatives.

use serde::Deserialize;
use serde_json::{Value, json};

use super::names::is_stream;

/// Streams that one connection may have.
pub const MOST_STREAMS: usize = 1_024;
const LONGEST_ID: usize = 36;

/// The subscriptions and properties of one connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subscriptions {
    /// Streams, in the order in which they were subscribed; each once.
    pub streams: Vec<String>,
    /// Payloads are wrapped.
    pub combined: bool,
}

/// What a control message changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// Streams that are new.
    pub added: Vec<String>,
    /// Streams that are gone.
    pub removed: Vec<String>,
}

#[derive(Deserialize)]
struct Request {
    method: Method,
    #[serde(default)]
    params: Vec<Value>,
    #[serde(default)]
    id: Value,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Method {
    Subscribe,
    Unsubscribe,
    ListSubscriptions,
    SetProperty,
    GetProperty,
}

struct Complaint(u8, String);

impl Subscriptions {
    /// Carries out one control message; returns the answer and what changed.
    pub fn handle(&mut self, text: &str) -> (String, Change) {
        let request: Request = match serde_json::from_str(text) {
            Ok(request) => request,
            Err(error) => return (complain(&malformed(&error), &Value::Null), Change::default()),
        };
        if !is_id(&request.id) {
            let words = "Invalid request: request ID must be an unsigned integer".to_owned();
            return (complain(&Complaint(2, words), &Value::Null), Change::default());
        }
        let mut change = Change::default();
        let answer = match self.carry_out(&request, &mut change) {
            Ok(result) => json!({"result": result, "id": request.id}).to_string(),
            Err(complaint) => complain(&complaint, &request.id),
        };
        (answer, change)
    }

    fn carry_out(&mut self, request: &Request, change: &mut Change) -> Result<Value, Complaint> {
        match request.method {
            Method::Subscribe => {
                let names = names(&request.params)?;
                let mut wanted = self.streams.clone();
                for name in names {
                    if !wanted.contains(&name) {
                        wanted.push(name);
                    }
                }
                if wanted.len() > MOST_STREAMS {
                    return Err(invalid("too many streams on this connection"));
                }
                change.added = wanted[self.streams.len()..].to_vec();
                self.streams = wanted;
                Ok(Value::Null)
            }
            Method::Unsubscribe => {
                let names = names(&request.params)?;
                let (removed, kept) = self.streams.drain(..).partition(|known| names.contains(known));
                change.removed = removed;
                self.streams = kept;
                Ok(Value::Null)
            }
            Method::ListSubscriptions => match request.params.as_slice() {
                [] => Ok(json!(self.streams)),
                _ => Err(invalid("too many parameters")),
            },
            Method::SetProperty => {
                let (property, value) = match request.params.as_slice() {
                    [property, value] => (property, value),
                    [_, _, _, ..] => return Err(invalid("too many parameters")),
                    _ => return Err(invalid("property name must be a string")),
                };
                check_property(property)?;
                let Value::Bool(combined) = value else {
                    return Err(Complaint(1, "Invalid value type: expected Boolean".to_owned()));
                };
                self.combined = *combined;
                Ok(Value::Null)
            }
            Method::GetProperty => match request.params.as_slice() {
                [property] => check_property(property).map(|()| json!(self.combined)),
                [] => Err(invalid("property name must be a string")),
                _ => Err(invalid("too many parameters")),
            },
        }
    }
}

fn check_property(property: &Value) -> Result<(), Complaint> {
    match property.as_str() {
        Some("combined") => Ok(()),
        Some(_) => Err(Complaint(0, "Unknown property".to_owned())),
        None => Err(invalid("property name must be a string")),
    }
}

fn names(params: &[Value]) -> Result<Vec<String>, Complaint> {
    let name = |value: &Value| value.as_str().filter(|name| is_stream(name)).map(str::to_owned);
    params.iter().map(|value| name(value).ok_or_else(|| invalid("invalid stream"))).collect()
}

/// A 64-bit integer, up to 36 letters, digits and hyphens, or nothing.
fn is_id(id: &Value) -> bool {
    match id {
        Value::Null => true,
        Value::Number(number) => number.is_i64() || number.is_u64(),
        Value::String(text) => {
            text.len() <= LONGEST_ID && text.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-')
        }
        _ => false,
    }
}

fn invalid(words: &str) -> Complaint {
    Complaint(2, format!("Invalid request: {words}"))
}

fn malformed(error: &serde_json::Error) -> Complaint {
    if error.is_data() { invalid(&error.to_string()) } else { Complaint(3, format!("Invalid JSON: {error}")) }
}

/// The nested form, which clients look for.
fn complain(Complaint(code, msg): &Complaint, id: &Value) -> String {
    json!({"error": {"code": code, "msg": msg}, "id": id}).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(subscriptions: &mut Subscriptions, text: &str) -> Value {
        serde_json::from_str(&subscriptions.handle(text).0).unwrap()
    }

    #[test]
    fn the_documented_conversation() {
        let mut state = Subscriptions::default();
        let (reply, change) = state.handle(r#"{"method":"SUBSCRIBE","params":["a@aggTrade","a@depth"],"id":1}"#);
        assert_eq!(reply, r#"{"result":null,"id":1}"#);
        assert_eq!(change.added, ["a@aggTrade", "a@depth"]);
        let (_, change) = state.handle(r#"{"method":"SUBSCRIBE","params":["a@depth"],"id":"uuid-1"}"#);
        assert_eq!(change, Change::default(), "delivered once");
        let (reply, change) = state.handle(r#"{"method":"UNSUBSCRIBE","params":["a@depth"],"id":312}"#);
        assert_eq!((reply.as_str(), change.removed), (r#"{"result":null,"id":312}"#, vec!["a@depth".to_owned()]));
        assert_eq!(
            answer(&mut state, r#"{"method":"LIST_SUBSCRIPTIONS","id":3}"#),
            json!({"result":["a@aggTrade"],"id":3})
        );
        assert_eq!(
            answer(&mut state, r#"{"method":"SET_PROPERTY","params":["combined",true],"id":5}"#),
            json!({"result":null,"id":5})
        );
        assert_eq!(
            answer(&mut state, r#"{"method":"GET_PROPERTY","params":["combined"],"id":null}"#),
            json!({"result":true,"id":null})
        );
    }

    #[test]
    fn the_documented_complaints() {
        for (text, code, words) in [
            (r#"{"method":"SET_PROPERTY","params":["combine",true],"id":1}"#, 0, "Unknown property"),
            (r#"{"method":"SET_PROPERTY","params":["combined",1],"id":1}"#, 1, "Invalid value type: expected Boolean"),
            (r#"{"method":"GET_PROPERTY","params":[1],"id":1}"#, 2, "property name must be a string"),
            (r#"{"method":"SUBSCRIBE","params":[],"id":{}}"#, 2, "request ID must be an unsigned integer"),
            (r#"{"method":"SHOUT","id":1}"#, 2, "unknown variant `SHOUT`, expected one of `SUBSCRIBE`, `UNSUBSCRIBE`"),
            (r#"{"method":"LIST_SUBSCRIPTIONS","params":[1],"id":1}"#, 2, "too many parameters"),
            (r#"{"id":1}"#, 2, "missing field `method` at line 1 column 8"),
            ("hello", 3, "Invalid JSON: expected value at line 1 column 1"),
            (r#"{"method":"SUBSCRIBE","params":["depth"],"id":1}"#, 2, "Invalid request: invalid stream"),
        ] {
            let reply = answer(&mut Subscriptions::default(), text);
            assert_eq!(reply["error"]["code"], code, "{text}: {reply}");
            assert!(reply["error"]["msg"].as_str().unwrap().contains(words), "{text}: {reply}");
        }
    }

    #[test]
    fn a_connection_has_room_for_1024_streams() {
        let mut state = Subscriptions::default();
        let names: Vec<String> = (0..MOST_STREAMS).map(|number| format!("s{number}@trade")).collect();
        state.handle(&json!({"method":"SUBSCRIBE","params":names,"id":1}).to_string());
        assert_eq!(state.streams.len(), MOST_STREAMS);
        let reply = answer(&mut state, r#"{"method":"SUBSCRIBE","params":["more@trade"],"id":2}"#);
        assert_eq!(reply["error"]["code"], 2);
        assert_eq!(state.streams.len(), MOST_STREAMS);
    }
}
