//! Seeded tapes, calibrated on measured markets.
