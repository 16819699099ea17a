//! Tapes from other formats.
