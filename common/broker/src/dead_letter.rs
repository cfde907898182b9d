//! What a message looks like in `dead-letter`: its own bytes and headers, and why it is there.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use slipway_runtime::Clock;
use time::format_description::well_known::Rfc3339;

use crate::message::Reason;

/// The stable code of the reason.
pub const REASON_CODE: &str = "slipway-reason-code";
/// The reason, in one line.
pub const REASON: &str = "slipway-reason";
/// The queue that the message came from.
pub const ORIGIN: &str = "slipway-origin";
/// When it was set aside, as RFC 3339.
pub const TIME: &str = "slipway-time";
/// How many bytes it had, where it was cut off.
pub const LENGTH: &str = "slipway-length";
/// The SHA-256 of all its bytes, in hexadecimal digits, where it was cut off.
pub const SHA256: &str = "slipway-sha256";

/// Our own headers on a message begin so; a sender's that do are kept under `original-…`.
const OURS: &str = "slipway-";
const LONGEST_DETAIL: usize = 1000;

/// The name that a header of the original message has on the one in `dead-letter`.
pub(crate) fn kept_name(name: &str) -> String {
    if name.starts_with(OURS) { format!("original-{name}") } else { name.to_owned() }
}

/// The body to set aside, and the headers that are added. A body longer than half of what the broker takes is cut off
/// there, so that the copy is taken whatever headers it bears.
pub(crate) fn wrap(
    body: &Bytes,
    reason: &Reason,
    origin: &str,
    clock: &dyn Clock,
) -> (Bytes, BTreeMap<String, String>) {
    let now = clock.now().format(&Rfc3339).expect("the present can be written as RFC 3339");
    let mut headers = BTreeMap::from([
        (REASON_CODE.to_owned(), reason.code.clone()),
        (REASON.to_owned(), reason.detail.chars().take(LONGEST_DETAIL).collect()),
        (ORIGIN.to_owned(), origin.to_owned()),
        (TIME.to_owned(), now),
    ]);
    let longest = crate::topology::built_in().max_message_bytes / 2;
    if body.len() <= longest {
        return (body.clone(), headers);
    }
    headers.insert(LENGTH.to_owned(), body.len().to_string());
    headers.insert(SHA256.to_owned(), hexadecimal(&Sha256::digest(body)));
    (body.slice(..longest), headers)
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a String takes all that is written");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_above_half_of_the_limit_is_cut_off_and_its_digest_kept() {
        let reason = Reason { code: "a.b".into(), detail: "x".repeat(5000) };
        let half = crate::topology::built_in().max_message_bytes / 2;
        let whole = Bytes::from(vec![b'a'; half]);
        let (body, headers) = wrap(&whole, &reason, "tasks", &slipway_runtime::SystemClock);
        assert_eq!(body, whole);
        assert!(!headers.contains_key(LENGTH));
        let long = Bytes::from(vec![b'a'; half + 1]);
        let (body, headers) = wrap(&long, &reason, "tasks", &slipway_runtime::SystemClock);
        assert_eq!(body.len(), half);
        assert_eq!(headers[LENGTH], (half + 1).to_string());
        assert_eq!(headers[SHA256].len(), 64);
        assert_eq!(headers[REASON].len(), LONGEST_DETAIL);
    }

    #[test]
    fn a_sender_cannot_forge_the_reason() {
        assert_eq!(kept_name("slipway-reason"), "original-slipway-reason");
        assert_eq!(kept_name("mine"), "mine");
    }
}
