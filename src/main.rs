//! Hostler.
fn main() {}
