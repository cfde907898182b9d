//! The rules of one path, whatever the tree it is for.

use super::{MAX_PATH, MAX_SEGMENT, Rule, fold};

const RESERVED: [&str; 7] = ["con", "prn", "aux", "nul", "conin$", "conout$", "clock$"];

/// Judges a path that is to be written.
pub(super) fn judge(path: &str) -> Result<(), Rule> {
    if path.len() > MAX_PATH {
        return Err(Rule::PathTooLong);
    }
    if path.starts_with('/') {
        return Err(Rule::Absolute);
    }
    if path.chars().any(is_control) {
        return Err(Rule::Control);
    }
    if path.contains('\\') {
        return Err(Rule::Backslash);
    }
    if path.contains(':') {
        return Err(Rule::Colon);
    }
    path.split('/').try_for_each(segment)
}

/// Judges a path of a tree that others committed, for unpacking it on this machine: only what could leave the folder
/// or reach into Git.
pub(super) fn unpackable(path: &str) -> Result<(), Rule> {
    if path.starts_with('/') {
        return Err(Rule::Absolute);
    }
    if path.contains('\0') {
        return Err(Rule::Control);
    }
    path.split('/').try_for_each(|segment| match segment {
        "" => Err(Rule::EmptySegment),
        "." | ".." => Err(Rule::DotSegment),
        _ => git_name(&fold::widest(segment)).map_or(Ok(()), Err),
    })
}

fn segment(segment: &str) -> Result<(), Rule> {
    if segment.len() > MAX_SEGMENT {
        return Err(Rule::SegmentTooLong);
    }
    let wide = fold::widest(segment);
    if wide.is_empty() {
        return Err(Rule::EmptySegment);
    }
    // The compatibility form can bring separators and dots of its own.
    for part in wide.split(['/', '\\', ':']) {
        if matches!(part, "." | "..") {
            return Err(Rule::DotSegment);
        }
        if let Some(rule) = git_name(part) {
            return Err(rule);
        }
        if is_reserved(part) {
            return Err(Rule::Reserved);
        }
    }
    if segment.ends_with(['.', ' ']) || wide.ends_with(['.', ' ']) {
        return Err(Rule::TrailingDotOrSpace);
    }
    Ok(())
}

/// Control characters, line separators, and what turns the direction of text: a path is read by people.
fn is_control(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}')
}

/// `.git` and `.gitmodules` in their widest reading, and the short names that Windows gives them (`git~1`,
/// `gitmod~1`, `gi7eba~1`).
fn git_name(wide: &str) -> Option<Rule> {
    let name = wide.split(':').next().unwrap_or(wide).trim_end_matches(['.', ' ']);
    match name {
        ".git" => return Some(Rule::GitFolder),
        ".gitmodules" => return Some(Rule::GitModules),
        _ => {}
    }
    let (stem, number) = name.split_once('~')?;
    let numbered = number.starts_with(|c: char| c.is_ascii_digit());
    match stem {
        "git" if numbered => Some(Rule::GitFolder),
        _ if numbered && (stem == "gitmod" || stem.starts_with("gi7")) => Some(Rule::GitModules),
        _ => None,
    }
}

fn is_reserved(wide: &str) -> bool {
    let stem = wide.split('.').next().unwrap_or(wide).trim_end_matches(' ');
    let numbered = stem.strip_prefix("com").or_else(|| stem.strip_prefix("lpt"));
    let port = numbered.is_some_and(|rest| rest.len() == 1 && rest.bytes().all(|byte| byte.is_ascii_digit()));
    port || RESERVED.contains(&stem)
}
