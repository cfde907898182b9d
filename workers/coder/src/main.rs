//! `slipway-coder`: the worker that serves the agent `coder`. What a worker is lives in `slipway_worker::process`.

use std::process::ExitCode;

use slipway_worker::process::{self, Serving};

fn main() -> ExitCode {
    process::main("slipway-coder", Serving::One("coder"))
}
