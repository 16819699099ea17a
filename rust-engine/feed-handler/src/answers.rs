//! What answers to requests do to the feed.

use common::market::Symbol;
use common::time::UnixNanos;

use crate::binance::{
    ParseError, parse_agg_trades, parse_exchange_info, parse_klines, parse_server_time, parse_snapshot,
};
use crate::event::{Answer, LogLevel, Output};
use crate::feed::Feed;
use crate::history::HISTORY_ATTEMPTS;
use crate::market::Market;
use crate::request::Request;
use crate::scene::Scene;

const OK: u16 = 200;
const BAD_REQUEST: u16 = 400;
const TOO_MANY_REQUESTS: u16 = 429;
const BANNED: u16 = 418;

impl Feed {
    pub(crate) fn answer(
        &mut self,
        now: UnixNanos,
        request: Request,
        sent_at: UnixNanos,
        answer: Answer<'_>,
        out: &mut Vec<Output>,
    ) {
        let failures = self.requests.answered(&request);
        match self.body(now, &request, answer) {
            Ok(body) => match self.take(now, &request, sent_at, body, out) {
                Ok(Outcome::Done) => {}
                Ok(Outcome::Again) => self.requests.retry(request, failures, now),
                Err(error) => {
                    self.reject_answer(now, &request, &error, out);
                    self.failed(now, request, failures, out);
                }
            },
            Err(Refusal::Final(words)) if self.markets.values().any(|market| market.instrument.is_none()) => {
                out.push(Output::GiveUp(format!("the venue refused {}: {words}", request.path())));
            }
            Err(Refusal::Final(words) | Refusal::Later(words)) => {
                let text = format!("{} failed: {words}", request.path());
                out.push(Output::Log(LogLevel::Warn, text));
                self.failed(now, request, failures, out);
            }
        }
    }

    /// The body of a good answer; keeps the budget.
    fn body<'a>(&mut self, now: UnixNanos, request: &Request, answer: Answer<'a>) -> Result<&'a [u8], Refusal> {
        let venue_now = self.offset.venue(now);
        let (status, used_weight, retry_after, body) = match answer {
            Answer::Failed(words) => return Err(Refusal::Later(words.to_owned())),
            Answer::Replied { status, used_weight, retry_after, body } => (status, used_weight, retry_after, body),
        };
        if let Some(used) = used_weight {
            self.requests.budget.venue_counts(used, venue_now);
        }
        let words = || format!("status {status}: {}", String::from_utf8_lossy(&body[..body.len().min(200)]));
        match status {
            OK => Ok(body),
            TOO_MANY_REQUESTS => {
                self.requests.budget.refused(retry_after, venue_now);
                Err(Refusal::Later(words()))
            }
            BANNED => {
                self.requests.budget.banned(retry_after, venue_now);
                Err(Refusal::Later(words()))
            }
            BAD_REQUEST if matches!(request, Request::ExchangeInfo(_)) => Err(Refusal::Final(words())),
            _ => Err(Refusal::Later(words())),
        }
    }

    fn take(
        &mut self,
        now: UnixNanos,
        request: &Request,
        sent_at: UnixNanos,
        body: &[u8],
        out: &mut Vec<Output>,
    ) -> Result<Outcome, ParseError> {
        match request {
            Request::ExchangeInfo(_) => self.take_rules(now, parse_exchange_info(body)?, out),
            Request::Time => {
                let venue = parse_server_time(body)?;
                if Scene::is_wrong_time(venue, now) {
                    let words = format!("the venue's clock says {venue}, ours {now}: one of them is wrong");
                    return Err(ParseError::WrongTime(words));
                }
                self.offset.sample(sent_at, now, venue);
            }
            Request::Snapshot { symbol, .. } => {
                let snapshot = parse_snapshot(body)?;
                let again = self.with(now, symbol, out, |market, scene| market.snapshot(scene, &snapshot));
                return Ok(if again.unwrap_or(false) { Outcome::Again } else { Outcome::Done });
            }
            Request::Audit { symbol, .. } => {
                let snapshot = parse_snapshot(body)?;
                self.with(now, symbol, out, |market, scene| market.audited(scene, Some(snapshot)));
            }
            Request::Klines { symbol, .. } => {
                let bars = parse_klines(body)?;
                self.with(now, symbol, out, |market, scene| market.klines(scene, bars));
            }
            Request::LastAggTrade { symbol, .. } => {
                let trades = parse_agg_trades(body)?;
                self.with(now, symbol, out, |market, scene| market.last_print(scene, trades.last()));
            }
            Request::AggTrades { symbol, .. } => {
                let page = parse_agg_trades(body)?;
                self.with(now, symbol, out, |market, scene| market.missed_prints(scene, &page));
            }
        }
        Ok(Outcome::Done)
    }

    /// A request could not be answered: what cannot be done without is asked for again, later each time.
    fn failed(&mut self, now: UnixNanos, request: Request, failures: u32, out: &mut Vec<Output>) {
        match &request {
            Request::ExchangeInfo(_) | Request::Snapshot { .. } => self.requests.retry(request, failures, now),
            Request::Time => {}
            Request::Audit { symbol, .. } => {
                self.with(now, symbol, out, |market, scene| market.audited(scene, None));
            }
            Request::Klines { symbol, .. }
            | Request::LastAggTrade { symbol, .. }
            | Request::AggTrades { symbol, .. } => {
                if failures + 1 < HISTORY_ATTEMPTS {
                    self.requests.retry(request, failures, now);
                } else {
                    self.with(now, symbol, out, |market, scene| market.history_failed(scene));
                }
            }
        }
    }

    fn reject_answer(&mut self, now: UnixNanos, request: &Request, error: &ParseError, out: &mut Vec<Output>) {
        let detail = format!("answer to {}: {error}", request.path());
        let (markets, mut scene) = self.split(now, out);
        let market = match request.symbol() {
            Some(symbol) => markets.get_mut(symbol),
            None => markets.values_mut().next(),
        };
        if let Some(market) = market {
            scene.reject(&mut market.health, error.reason(), &detail);
        }
    }

    fn with<T>(
        &mut self,
        now: UnixNanos,
        symbol: &Symbol,
        out: &mut Vec<Output>,
        act: impl FnOnce(&mut Market, &mut Scene<'_>) -> T,
    ) -> Option<T> {
        let (markets, mut scene) = self.split(now, out);
        markets.get_mut(symbol).map(|market| act(market, &mut scene))
    }
}

enum Outcome {
    Done,
    Again,
}

enum Refusal {
    /// Asking again would be refused again.
    Final(String),
    Later(String),
}
