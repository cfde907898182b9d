//! `slipway-tester`: the worker that serves the agent `tester`.

fn main() {}
