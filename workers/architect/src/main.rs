//! `slipway-architect`: the worker that serves the agent `architect`. What a worker is lives in `slipway_worker::process`.

use std::process::ExitCode;

use slipway_worker::process::{self, Serving};

fn main() -> ExitCode {
    process::main("slipway-architect", Serving::One("architect"))
}
