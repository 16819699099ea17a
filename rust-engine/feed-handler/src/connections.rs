//! What becomes of connections: opened, lost, handed over.

use common::time::UnixNanos;

use crate::event::{ConnectionId, LogLevel, Output};
use crate::failover::{LinkAction, Replace};
use crate::feed::Feed;
use crate::market::Market;
use crate::request::Request;

impl Feed {
    /// A connection stands.
    pub(crate) fn opened(&mut self, now: UnixNanos, connection: ConnectionId, out: &mut Vec<Output>) {
        self.links.opened(connection, now);
        out.push(Output::Log(LogLevel::Info, format!("connection {} stands", connection.0)));
        if self.links.reconnections() > 0 {
            self.markets.values_mut().for_each(|market| market.health.reconnected());
            // The venue changes ticks and filters now and then; connections are replaced once a day at least.
            self.requests.want(Request::ExchangeInfo(self.markets.keys().cloned().collect()));
        }
        if self.links.is_current(connection) {
            self.all_streams.heard(now);
            let (markets, scene) = self.split(now, out);
            markets.values_mut().for_each(|market| market.connected(&scene));
        }
    }

    /// A connection ended, or could not be opened.
    pub(crate) fn closed(&mut self, now: UnixNanos, connection: ConnectionId, reason: &str, out: &mut Vec<Output>) {
        let was_next = self.links.is_next(connection);
        let was_current = self.links.closed(connection, now);
        if was_current || was_next {
            out.push(Output::Log(LogLevel::Warn, format!("connection {} ended: {reason}", connection.0)));
        }
        let connected = self.links.is_connected();
        let (markets, mut scene) = self.split(now, out);
        for market in markets.values_mut() {
            match (was_current, connected) {
                (true, true) => market.hand_over(&mut scene),
                (true, false) => market.disconnected(&mut scene),
                (false, _) if was_next => market.forget_standby(),
                (false, _) => {}
            }
        }
    }

    pub(crate) fn replace(&mut self, why: Replace, out: &mut Vec<Output>) {
        if self.links.replace(why) {
            out.push(Output::Log(LogLevel::Warn, format!("the connection is being replaced: {why}")));
        }
    }

    /// Follows the next connection, if that leaves no gap or the old one is not worth waiting for.
    pub(crate) fn try_handover(&mut self, now: UnixNanos, out: &mut Vec<Output>) {
        let hurry = self.links.is_current_lost(now) || self.links.is_overlap_over(now);
        if !hurry && !self.markets.values().all(Market::is_ready_for_handover) {
            return;
        }
        if let Some(old) = self.links.promote(now) {
            out.push(Output::Close(old));
            out.push(Output::Log(LogLevel::Info, format!("connection {} is replaced", old.0)));
        }
        self.all_streams.heard(now);
        self.late_since = None;
        let (markets, mut scene) = self.split(now, out);
        markets.values_mut().for_each(|market| market.hand_over(&mut scene));
    }

    /// Looks after the connections: silence, age, the next attempt.
    pub(crate) fn tick_links(&mut self, now: UnixNanos, out: &mut Vec<Output>) {
        if self.all_streams.is_silent(now, self.config.stale) {
            self.replace(Replace::Silence, out);
        }
        if self.links.is_overlap_over(now) {
            self.try_handover(now, out);
        }
        for action in self.links.tick(now, self.flat, self.config.reconnect_attempts) {
            out.push(match action {
                LinkAction::Open(connection) => Output::Open(connection),
                LinkAction::GiveUp(failures) => {
                    self.ended = true;
                    Output::GiveUp(format!(
                        "{failures} attempts to reach the market streams failed; no position is open"
                    ))
                }
            });
        }
    }
}
