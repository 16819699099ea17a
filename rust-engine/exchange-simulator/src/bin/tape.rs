//! Command line for tapes.
fn main() {}
