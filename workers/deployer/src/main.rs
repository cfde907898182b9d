//! `slipway-deployer`: the worker that serves the agent `deployer`.

fn main() {}
