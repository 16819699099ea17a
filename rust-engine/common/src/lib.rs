//! The words that every crate speaks: numbers, times, markets, orders, the wire, the configuration.
//!
//! Belongs here: frozen values, closed enums, exact numbers, and the one parser of each.
//! Never here: sockets, files, clocks, threads, or a decision. The crate is pure.

pub mod config;
pub mod error;
pub mod market;
pub mod number;
pub mod order;
pub mod time;
pub mod wire;
