//! `slipway-coder`: the worker that serves the agent `coder`.

fn main() {}
