//! Sandboxes and previews on a real container engine. Open `docker/support.rs` for what each test begins with.

#![expect(clippy::unwrap_used, reason = "a helper that fails is its test's failure")]

#[path = "docker/bombs.rs"]
mod bombs;
#[path = "docker/prepare.rs"]
mod prepare;
#[path = "docker/preview.rs"]
mod preview;
#[path = "docker/sandbox.rs"]
mod sandbox;
#[path = "docker/support.rs"]
mod support;
#[path = "docker/sweep.rs"]
mod sweep;
