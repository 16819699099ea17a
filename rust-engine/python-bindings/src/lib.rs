//! The extension module `src._native`: the crates below, as Python sees them.
//!
//! Belongs here: conversions between Python's values and ours, nothing else. Never here: a rule of its own; what is worth
//! a test lies in the crates below, where it can be tested without an interpreter.

use pyo3::prelude::*;

mod bars;
mod columns;
mod domain;
mod events;
mod market;
mod parts;
mod perception;
mod reading;
mod settings;

/// What Python's strategy takes from the engine's crates.
#[pymodule]
mod _native {
    use pyo3::pyfunction;

    #[pymodule_export]
    use crate::columns::check_rows;
    #[pymodule_export]
    use crate::market::{Checkpoints, Markets};
    #[pymodule_export]
    use crate::parts::parts;
    #[pymodule_export]
    use crate::perception::Perception;
    #[pymodule_export]
    use crate::reading::{history, read_tape};

    /// The engine's version that this module was built from.
    #[pyfunction]
    const fn engine_version() -> &'static str {
        env!("CARGO_PKG_VERSION")
    }
}
