//! `slipway-architect`: the worker that serves the agent `architect`.

fn main() {}
