//! Configuration: replaced in full by the settings reader.
