//! Command line of the exchange simulator.
fn main() {}
