//! The live view of a run: a line for each thing that happened, and on a terminal a last line that lives.

use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use slipway_protocol::{Data, Event, ExecutionId, Report, StepId, Tally};
use slipway_worker::Observer;
use slipway_workflow::Run;
use time::OffsetDateTime;

use crate::args::Global;
use crate::exit::{Exit, Outcome};
use crate::output;

/// Prints every event as a line of JSON.
#[derive(Debug)]
pub(crate) struct JsonLines;

impl Observer for JsonLines {
    fn event(&self, event: &Event, _run: &Run) {
        let line = String::from_utf8(event.to_json()).expect("JSON is UTF-8");
        // A reader that went away does not stop the run.
        let _gone = output::data(&line);
    }
}

/// Prints the lines of progress and nothing else, as `slipway logs` does.
#[derive(Debug)]
pub(crate) struct ProgressOnly {
    /// Whether each is printed as its event's JSON.
    pub(crate) json: bool,
}

impl Observer for ProgressOnly {
    fn event(&self, event: &Event, _run: &Run) {
        // A reader that went away does not stop anything.
        let _gone = progress_line(event, self.json);
    }
}

/// Prints an event, if it is a line of progress.
pub(crate) fn progress_line(event: &Event, json: bool) -> Outcome {
    match &event.data {
        Data::TaskProgress { .. } if json => output::data(&String::from_utf8_lossy(&event.to_json())),
        Data::TaskProgress { step, message } => {
            output::data(&format!("{}  {:<13} {message}", output::clock(event.time), step.as_str()))
        }
        _ => Ok(Exit::Done),
    }
}

/// The view of a run that was asked for; the lines too, where it is made of them.
pub(crate) fn chosen(global: &Global) -> (Arc<dyn Observer>, Option<Arc<Lines>>) {
    if global.json {
        return (Arc::new(JsonLines), None);
    }
    let lines = Arc::new(Lines::new(global.no_color));
    (Arc::<Lines>::clone(&lines), Some(lines))
}

/// Sees nothing.
#[derive(Debug)]
pub(crate) struct Silent;

impl Observer for Silent {
    fn event(&self, _event: &Event, _run: &Run) {}
}

/// Prints lines for a person.
#[derive(Debug)]
pub(crate) struct Lines {
    spinner: Option<ProgressBar>,
    colour: bool,
    began: Mutex<BTreeMap<StepId, OffsetDateTime>>,
}

impl Lines {
    /// A view; the spinner only on a terminal, colours only where they are wanted.
    pub(crate) fn new(no_color: bool) -> Self {
        let plain = no_color || std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let terminal =
            std::io::stderr().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
        let spinner = (terminal && !plain).then(|| {
            let style = ProgressStyle::with_template("{spinner} {prefix:14} {elapsed:>4}  {wide_msg:.dim}");
            let bar =
                ProgressBar::new_spinner().with_style(style.expect("the template is a constant and valid"));
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        });
        Self { spinner, colour: terminal && !plain, began: Mutex::default() }
    }

    /// Prints a line of talk above the living line.
    pub(crate) fn line(&self, text: &str) {
        match &self.spinner {
            Some(spinner) => spinner.println(text),
            None => output::talk(text),
        }
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    fn started(&self, event: &Event, run: &Run) {
        let Some(step) = event.holder.and_then(|holder| step_of(run, holder.execution)) else { return };
        self.began.lock().unwrap_or_else(PoisonError::into_inner).insert(step.clone(), event.time);
        match &self.spinner {
            Some(spinner) => {
                spinner.reset();
                spinner.set_prefix(step.to_string());
                spinner.set_message(format!("{} at work", event.source.trim_start_matches("slipway/")));
            }
            None => output::talk(&format!("> {step}")),
        }
    }

    fn ended(&self, event: &Event, run: &Run, good: bool, text: &str) {
        let Some(step) = event.holder.and_then(|holder| step_of(run, holder.execution)) else { return };
        let began = self.began.lock().unwrap_or_else(PoisonError::into_inner).get(step).copied();
        let seconds = began.map_or(0.0, |began| (event.time - began).as_seconds_f64());
        let mark = if good { self.paint("32", "✓") } else { self.paint("31", "✗") };
        self.line(&format!("{mark} {:<14} {seconds:>6.1} s  {text}", step.as_str()));
    }

    fn progress(&self, step: &StepId, message: &str) {
        match &self.spinner {
            Some(spinner) => {
                spinner.set_prefix(step.to_string());
                spinner.set_message(message.to_owned());
            }
            None => output::talk(&format!("  {message}")),
        }
    }

    /// Takes the living line away.
    pub(crate) fn finish(&self) {
        if let Some(spinner) = &self.spinner {
            spinner.finish_and_clear();
        }
    }
}

impl Observer for Lines {
    fn event(&self, event: &Event, run: &Run) {
        match &event.data {
            Data::TaskInitiated { task, .. } => {
                let prompt: String =
                    task.prompt.as_str().lines().next().unwrap_or_default().chars().take(100).collect();
                self.line(&format!(
                    "task {}  {}",
                    self.paint("1", &task.id.short()),
                    self.paint("1", &prompt)
                ));
            }
            Data::ExecutionStarted => self.started(event, run),
            Data::TaskProgress { step, message } => self.progress(step, message),
            Data::Result { report, .. } => {
                let (good, text) = describe(report);
                self.ended(event, run, good, &text);
            }
            Data::ExecutionFailed { message, retryable, .. } => {
                let again = if *retryable && run.status().ending().is_none() { "; trying again" } else { "" };
                self.ended(event, run, false, &format!("{}{again}", first_line(message)));
            }
            Data::ExecutionReleased { reason } => {
                self.ended(event, run, false, &format!("given back ({reason})"));
            }
            Data::ApprovalGranted { by, .. } => self.line(&format!("approved by {by}")),
            Data::ApprovalDenied { by, reason, .. } => self.line(&format!("rejected by {by}: {reason}")),
            Data::ApprovalRequested { commit, .. } => {
                self.line(&format!("{} waits for an approval", commit.short()));
            }
            Data::TaskCancelled { by } => self.line(&format!("cancelled by {by}")),
            Data::DispatchReturned { .. }
            | Data::TaskCompleted
            | Data::TaskFailed { .. }
            | Data::Unknown(_) => {}
        }
    }
}

/// The step that an execution is a visit of.
pub(crate) fn step_of(run: &Run, execution: ExecutionId) -> Option<&StepId> {
    run.executions().get(&execution).map(|execution| &execution.step)
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// Long sentences are cut to what a line holds.
fn cut(text: &str) -> String {
    match text.char_indices().nth(80) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn describe(report: &Report) -> (bool, String) {
    match report {
        Report::Plan { goal, not_built } if not_built.is_empty() => (true, cut(goal)),
        Report::Plan { goal, not_built } => {
            (true, format!("{} (not built: {})", cut(goal), not_built.join(", ")))
        }
        Report::Architecture { decisions } => (true, format!("{} decisions recorded", decisions.len())),
        Report::Code { branch, commits, .. } => (true, format!("{commits} commits on {branch}")),
        Report::Tests { passed: true, tally, .. } => (true, count(tally)),
        Report::Tests { reason, .. } => (false, reason.clone().unwrap_or_else(|| "not passed".into())),
        Report::Review { findings, basis, .. } => {
            let good = report.outcome() == "approved";
            let verdict = if good { "approved" } else { "changes requested" };
            (good, format!("{verdict}, {} findings ({basis})", findings.len()))
        }
        Report::Deploy(deployment) => {
            (true, deployment.url.clone().unwrap_or_else(|| deployment.health.clone()))
        }
    }
}

/// Counts as a phrase.
pub(crate) fn count(tally: &Tally) -> String {
    let skipped = if tally.skipped > 0 { format!(", {} skipped", tally.skipped) } else { String::new() };
    format!("{} passed, {} failed{skipped}", tally.passed, tally.failed)
}
