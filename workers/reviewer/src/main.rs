//! `slipway-reviewer`: the worker that serves the agent `reviewer`.

fn main() {}
