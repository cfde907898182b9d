//! `slipway-worker`: the worker that serves the agents which `--agents` names. What a worker is lives in
//! `slipway_worker::process`.

use std::process::ExitCode;

use slipway_worker::process::{self, Serving};

fn main() -> ExitCode {
    process::main("slipway-worker", Serving::Named)
}
