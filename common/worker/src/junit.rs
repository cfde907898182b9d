//! Reads a `JUnit` report: what ran, case by case. The report comes from code that is not trusted, so it is bounded.

use roxmltree::{Document, Node};
use slipway_protocol::{Case, CaseStatus};

/// The largest report that is read, in bytes.
pub const SIZE_LIMIT: usize = 8 * 1024 * 1024;
/// The most cases that are read.
const CASE_LIMIT: usize = 20_000;
/// How much of a message is kept, in bytes.
const MESSAGE_LIMIT: usize = 4096;

/// A report that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is too large.
    #[error("the test report has {bytes} bytes, at most {SIZE_LIMIT} are read")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// It has too many cases.
    #[error("the test report has more than {CASE_LIMIT} cases")]
    TooManyCases,
    /// It is not UTF-8.
    #[error("the test report is not UTF-8")]
    Encoding(#[source] std::str::Utf8Error),
    /// It is not XML.
    #[error("the test report is not XML")]
    Xml(#[source] roxmltree::Error),
}

/// Reads the cases of a report, in its order.
pub fn read(bytes: &[u8]) -> Result<Vec<Case>, Error> {
    if bytes.len() > SIZE_LIMIT {
        return Err(Error::TooLarge { bytes: bytes.len() });
    }
    let text = std::str::from_utf8(bytes).map_err(Error::Encoding)?;
    let document = Document::parse(text).map_err(Error::Xml)?;
    let nodes = document.descendants().filter(|node| node.has_tag_name("testcase"));
    let cases: Vec<Case> = nodes.take(CASE_LIMIT + 1).map(read_case).collect();
    if cases.len() > CASE_LIMIT { Err(Error::TooManyCases) } else { Ok(cases) }
}

fn read_case(node: Node<'_, '_>) -> Case {
    let child = |names: &[&str]| node.children().find(|child| names.contains(&child.tag_name().name()));
    let (status, detail) = match (child(&["failure", "error"]), child(&["skipped"])) {
        (Some(detail), _) => (CaseStatus::Failed, Some(detail)),
        (None, Some(detail)) => (CaseStatus::Skipped, Some(detail)),
        (None, None) => (CaseStatus::Passed, None),
    };
    let seconds: f64 = node.attribute("time").and_then(|time| time.parse().ok()).unwrap_or_default();
    Case { name: name(node), status, duration_ms: milliseconds(seconds), message: detail.map(message) }
}

/// Suites around a case are part of its name; Node's class name `test` says nothing.
fn name(node: Node<'_, '_>) -> String {
    let suites = node.ancestors().skip(1).filter(|parent| parent.has_tag_name("testsuite"));
    let mut parts: Vec<&str> =
        suites.filter_map(|suite| suite.attribute("name")).filter(|n| *n != "unittest").collect();
    parts.reverse();
    parts.extend(node.attribute("classname").filter(|class| !class.is_empty() && *class != "test"));
    parts.push(node.attribute("name").unwrap_or("unnamed"));
    cut(&parts.join(" > "), MESSAGE_LIMIT / 8)
}

fn message(detail: Node<'_, '_>) -> String {
    let attribute = detail.attribute("message").unwrap_or_default();
    let text = detail.text().unwrap_or_default().trim();
    cut(&[attribute, text].join("\n"), MESSAGE_LIMIT).trim().to_owned()
}

fn cut(text: &str, limit: usize) -> String {
    let mut end = text.len().min(limit);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].to_owned()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the value is clamped to the target's range"
)]
fn milliseconds(seconds: f64) -> u64 {
    (seconds * 1000.0).clamp(0.0, 86_400_000.0) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_are_read_with_their_suites_and_messages() {
        let xml = br#"<?xml version="1.0"?><testsuites><testsuite name="store">
            <testcase name="adds" time="0.0125" classname="test"/>
            <testcase name="drops" time="1" classname="test"><failure message="1 != 2">trace</failure></testcase>
            <testcase name="later" time="0" classname="test"><skipped message="not yet"/></testcase>
            </testsuite><testcase name="alone" classname="tests.test_a.A"/></testsuites>"#;
        let cases = read(xml).unwrap();
        let seen: Vec<_> = cases.iter().map(|c| (c.name.as_str(), c.status, c.duration_ms)).collect();
        assert_eq!(
            seen,
            [
                ("store > adds", CaseStatus::Passed, 12),
                ("store > drops", CaseStatus::Failed, 1000),
                ("store > later", CaseStatus::Skipped, 0),
                ("tests.test_a.A > alone", CaseStatus::Passed, 0),
            ]
        );
        assert_eq!(cases[1].message.as_deref(), Some("1 != 2\ntrace"));
    }

    #[test]
    fn hostile_reports_are_refused() {
        assert!(matches!(read(b"42 passed"), Err(Error::Xml(_))));
        assert!(matches!(read(&[0xff, 0xfe]), Err(Error::Encoding(_))));
        assert!(matches!(read(&vec![b' '; SIZE_LIMIT + 1]), Err(Error::TooLarge { .. })));
        let bomb = r#"<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>"#;
        assert!(matches!(read(bomb.as_bytes()), Err(Error::Xml(_))));
        let many = format!("<x>{}</x>", "<testcase name='a'/>".repeat(CASE_LIMIT + 1));
        assert!(matches!(read(many.as_bytes()), Err(Error::TooManyCases)));
    }
}
