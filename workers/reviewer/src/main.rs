//! `slipway-reviewer`: the worker that serves the agent `reviewer`. What a worker is lives in `slipway_worker::process`.

use std::process::ExitCode;

use slipway_worker::process::{self, Serving};

fn main() -> ExitCode {
    process::main("slipway-reviewer", Serving::One("reviewer"))
}
