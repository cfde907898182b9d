//! Check `secret`: nothing that looks like a credential is added. The finding never repeats it.

use std::sync::LazyLock;

use regex::Regex;
use slipway_protocol::report::Finding;
use slipway_protocol::work::FileChange;

use super::blocking;

pub(super) fn check(changes: &[FileChange]) -> Vec<Finding> {
    changes.iter().flat_map(in_file).collect()
}

fn in_file(change: &FileChange) -> Vec<Finding> {
    let Some(after) = &change.after else { return Vec::new() };
    let before = change.before.as_deref().map(String::from_utf8_lossy).unwrap_or_default();
    let text = String::from_utf8_lossy(after);
    let mut findings = Vec::new();
    for (number, line) in (1_u32..).zip(text.lines()) {
        let Some((kind, found)) = first_secret(line) else { continue };
        if before.contains(found) {
            continue;
        }
        let message =
            format!("this looks like {kind}; read it from the environment, and revoke it if it is real");
        findings.push(Finding { line: Some(number), ..blocking("secret", message, Some(&change.path)) });
    }
    findings
}

fn first_secret(line: &str) -> Option<(&'static str, &str)> {
    let candidates = SECRETS.iter().filter_map(|(kind, pattern)| Some((*kind, pattern.captures(line)?)));
    for (kind, captures) in candidates {
        let found = captures.get(1).or_else(|| captures.get(0))?.as_str();
        let harmless = match kind {
            ASSIGNED => !is_random(found),
            IN_URL => captures.get(2).is_some_and(|host| is_reserved(host.as_str())),
            _ => false,
        };
        if !harmless {
            return Some((kind, found));
        }
    }
    None
}

/// Words and placeholders are no secrets: those have letters and digits mixed, and no spaces.
fn is_random(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let letters = text.bytes().filter(u8::is_ascii_alphabetic).count();
    digits >= 3 && letters >= 6 && !text.contains("example")
}

/// Hosts that documentation and tests use, where no account can be.
fn is_reserved(host: &str) -> bool {
    let ends = |end: &str| host == end || host.ends_with(&format!(".{end}"));
    ["example.com", "example.org", "example.net", "example", "test", "invalid", "localhost", "127.0.0.1"]
        .into_iter()
        .any(ends)
}

const IN_URL: &str = "a URL with a password";
const ASSIGNED: &str = "a password or key written into the code";

static SECRETS: LazyLock<Vec<(&'static str, Regex)>> = LazyLock::new(|| {
    let pattern = |text: &str| Regex::new(text).expect("the pattern is a constant and valid");
    vec![
        ("a private key", pattern(r"-----BEGIN ([A-Z]+ )*PRIVATE KEY( BLOCK)?-----")),
        ("an AWS access key", pattern(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b")),
        ("a GitHub token", pattern(r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{50,})\b")),
        ("a GitLab token", pattern(r"\bglpat-[A-Za-z0-9_-]{20,}")),
        ("a Slack token", pattern(r"\bxox[abprs]-[A-Za-z0-9-]{10,}")),
        ("a Stripe key", pattern(r"\b[sr]k_live_[A-Za-z0-9]{16,}")),
        ("a Google API key", pattern(r"\bAIza[A-Za-z0-9_-]{35}\b")),
        ("a model provider's key", pattern(r"\bsk-(?:ant-|proj-)?[A-Za-z0-9_-]{32,}")),
        ("a signed token", pattern(r"\beyJ[A-Za-z0-9_-]{16,}\.eyJ[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}")),
        (IN_URL, pattern(r"\b[a-z][a-z0-9+]{2,}://[^\s:/@]+:([^\s:/@]{6,})@([A-Za-z0-9.-]+)")),
        (
            ASSIGNED,
            pattern(
                r#"(?i)(?:password|passwd|secret|api_?key|access_?token|auth_?token)["']?\s*[:=]\s*["']([^"'\s]{12,})["']"#,
            ),
        ),
    ]
});
