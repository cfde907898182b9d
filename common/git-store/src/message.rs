//! What a commit says: subject, body and trailers as text. Pure.

use crate::error::shown;

/// How wide a body's lines are.
const WIDTH: usize = 72;
/// How long a subject may be, in characters.
const SUBJECT: usize = 120;

/// Subject, blank line, body wrapped at 72, blank line, trailers. What is missing leaves no gap, and control
/// characters are left out. A piece without a subject says how many files it changes.
pub(crate) fn message(subject: &str, body: &str, trailers: &[(String, String)], files: usize) -> String {
    let mut subject = one_line(subject);
    if subject.is_empty() {
        subject = if files == 1 { "Change 1 file".to_owned() } else { format!("Change {files} files") };
    } else if subject.chars().count() > SUBJECT {
        subject = subject.chars().take(SUBJECT - 1).chain(['…']).collect();
    }
    let trailers: Vec<String> = trailers.iter().filter_map(trailer).collect();
    let parts = [subject, wrapped(body), trailers.join("\n")];
    let mut text = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n");
    text.push('\n');
    text
}

/// `Key: value` on one line, or nothing when the key could not be read back.
fn trailer((key, value): &(String, String)) -> Option<String> {
    let valid = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !valid {
        tracing::warn!(
            key = shown(key, 40),
            "leaving out a trailer whose key is not letters, digits and hyphens"
        );
    }
    valid.then(|| format!("{key}: {}", one_line(value)).trim_end().to_owned())
}

fn one_line(text: &str) -> String {
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    clean.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn wrapped(body: &str) -> String {
    let body: String = body.replace("\r\n", "\n").chars().filter(|c| *c == '\n' || !c.is_control()).collect();
    let mut lines: Vec<String> = Vec::new();
    for line in body.lines() {
        wrap(line.trim_end(), &mut lines);
    }
    lines.join("\n").trim_matches('\n').to_owned()
}

/// Breaks a line at spaces; what follows keeps the line's indent, under a list item's text. A word that is too long
/// stays whole.
fn wrap(line: &str, lines: &mut Vec<String>) {
    let text = line.trim_start();
    let bullet = if text.starts_with("- ") || text.starts_with("* ") { 2 } else { 0 };
    let indent = (line.len() - text.len()).min(WIDTH / 2);
    let hanging = " ".repeat(indent + bullet);
    let mut current = " ".repeat(indent);
    let mut empty = true;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        if !empty && current.chars().count() + 1 + word.chars().count() > WIDTH {
            lines.push(std::mem::replace(&mut current, hanging.clone()));
            empty = true;
        }
        if !empty {
            current.push(' ');
        }
        current.push_str(word);
        empty = false;
    }
    lines.push(if empty { String::new() } else { current });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trailers(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_message_is_a_subject_a_wrapped_body_and_trailers() {
        let body = format!("{}\n\n- one {}", "word ".repeat(20).trim_end(), "two ".repeat(20).trim_end());
        let text = message("Add it", &body, &trailers(&[("Task-Id", "1"), ("Lease", "2")]), 1);
        assert!(text.starts_with("Add it\n\nword word"), "{text}");
        assert!(text.ends_with("\n\nTask-Id: 1\nLease: 2\n"), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 72), "{text}");
        assert!(text.contains("\n\n- one two") && text.contains("\n  two"), "{text}");
    }

    #[test]
    fn missing_parts_leave_no_gap() {
        assert_eq!(message("Add it", "", &[], 1), "Add it\n");
        assert_eq!(message(" \n", "Why", &[], 2), "Change 2 files\n\nWhy\n");
        assert_eq!(message("", "\n\n", &trailers(&[("Lease", "2")]), 1), "Change 1 file\n\nLease: 2\n");
    }

    #[test]
    fn nothing_smuggles_in_a_line_or_a_control_character() {
        let hostile = trailers(&[("Lease", "2\nLease: 3"), ("Bad Key", "x"), ("", "x"), ("A:b", "x")]);
        let text = message("Add\nLease: 9\u{1b}[2J", "a\u{0}b\r\nc", &hostile, 1);
        assert_eq!(text, "Add Lease: 9 [2J\n\nab\nc\n\nLease: 2 Lease: 3\n");
    }

    #[test]
    fn a_word_that_is_too_long_stays_whole_and_an_indent_is_kept() {
        let long = "x".repeat(100);
        assert_eq!(message("S", &format!("    a {long}"), &[], 1), format!("S\n\n    a\n    {long}\n"));
    }
}
