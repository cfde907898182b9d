//! `slipway-worker`: a worker that serves the agents that it is told.

fn main() {}
