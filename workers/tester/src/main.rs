//! `slipway-tester`: the worker that serves the agent `tester`. What a worker is lives in `slipway_worker::process`.

use std::process::ExitCode;

use slipway_worker::process::{self, Serving};

fn main() -> ExitCode {
    process::main("slipway-tester", Serving::One("tester"))
}
