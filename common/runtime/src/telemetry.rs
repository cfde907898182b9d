//! The process's log: to standard error, since standard output is for data.

use std::io;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::SubscriberBuilder;

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// A log filter that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the log filter {filter:?}; write a level such as info, or slipway_worker=debug,warn")]
pub struct FilterError {
    filter: String,
    #[source]
    source: tracing_subscriber::filter::ParseError,
}

/// Starts the log. A second call in one process changes nothing.
pub fn start(filter: &str, format: Format) -> Result<(), FilterError> {
    let parsed = EnvFilter::builder()
        .parse(filter)
        .map_err(|source| FilterError { filter: filter.to_owned(), source })?;
    let builder: SubscriberBuilder<_, _, EnvFilter, fn() -> io::Stderr> =
        tracing_subscriber::fmt().with_env_filter(parsed).with_writer(io::stderr);
    let _already_started = match format {
        Format::Text => builder.with_ansi(false).try_init(),
        Format::Json => builder.json().try_init(),
    };
    Ok(())
}
