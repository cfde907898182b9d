//! `slipway-coordinator`: the process that leads a fleet, or stands by. What it is made of lives in
//! [`slipway_coordinator::process`].

use std::process::ExitCode;

fn main() -> ExitCode {
    slipway_coordinator::process::main()
}
