//! What is printed: data to standard output, talk to standard error. A closed pipe ends the program quietly.

use std::io::Write as _;

use serde::Serialize;
use serde_json::json;

use crate::exit::{Exit, Failure, Outcome};

/// Prints a line of data.
pub(crate) fn data(line: &str) -> Outcome {
    let mut out = anstream::stdout().lock();
    match writeln!(out, "{line}").and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(Exit::Done),
    }
}

/// Prints a value as one line of JSON.
pub(crate) fn json(value: &impl Serialize) -> Outcome {
    data(&serde_json::to_string(value).expect("what is printed has string keys only"))
}

/// Prints a list: as `{"items": […]}`, or a line each.
pub(crate) fn list<T: Serialize>(
    as_json: bool,
    items: &[T],
    empty: &str,
    line: impl Fn(&T) -> String,
) -> Outcome {
    if as_json {
        return json(&json!({ "items": items }));
    }
    if items.is_empty() {
        talk(empty);
    }
    for item in items {
        data(&line(item))?;
    }
    Ok(Exit::Done)
}

/// A text that is not trusted with the terminal: control characters are shown and not obeyed.
pub(crate) fn visible(text: &str) -> String {
    let shown = |c: char| {
        if c.is_control() && c != '\n' && c != '\t' { c.escape_default().to_string() } else { c.to_string() }
    };
    text.chars().map(shown).collect()
}

/// A time of day for people, in UTC.
pub(crate) fn clock(time: time::OffsetDateTime) -> String {
    format!("{:02}:{:02}:{:02}", time.hour(), time.minute(), time.second())
}

/// Prints a line of talk.
pub(crate) fn talk(line: &str) {
    // Nobody can be told that standard error is gone.
    let _gone = writeln!(anstream::stderr().lock(), "{line}");
}

/// Prints why the program fails.
pub(crate) fn failure(failure: &Failure, as_json: bool) {
    let Failure { exit, code, message } = failure;
    if as_json {
        let value = json!({ "error": { "code": code, "message": message, "exit_code": *exit as u8 } });
        let _printed = json(&value);
    }
    talk(&format!("error: {message}\n       [{code}] docs/errors/{code}.md says more"));
}
