//! `slipway-planner`: the worker that serves the agent `planner`.

fn main() {}
