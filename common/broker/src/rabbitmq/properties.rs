//! A message's properties, from ours to RabbitMQ's and back.

use std::collections::BTreeMap;

use lapin::BasicProperties;
use lapin::types::{AMQPValue, FieldTable, ShortString};

use crate::dead_letter::kept_name;
use crate::message::Message;

/// RabbitMQ's number for a message that is kept on disk.
const PERSISTENT: u8 = 2;
/// Headers go out in one frame of at most 128 KiB; with more than this of the sender's, ours might not fit.
const LARGEST_HEADERS: usize = 64 * 1024;
/// Headers that RabbitMQ itself obeys, and checks.
const OBEYED: [&str; 2] = ["CC", "BCC"];

type With = fn(BasicProperties, ShortString) -> BasicProperties;

/// A text that RabbitMQ limits to 255 bytes; a longer one is cut off.
pub(super) fn short(text: &str) -> ShortString {
    let end = (0..=text.len().min(255)).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
    ShortString::try_new(&text[..end]).unwrap_or_default()
}

/// What a message of ours is published with.
pub(super) fn outgoing(message: &Message, persistent: bool) -> BasicProperties {
    let mut headers = FieldTable::default();
    for (name, value) in &message.headers {
        headers.insert(short(name), AMQPValue::LongString(value.as_str().into()));
    }
    let mut properties = BasicProperties::default()
        .with_content_type(short(&message.content_type))
        .with_message_id(short(&message.id))
        .with_headers(headers);
    if let Some(correlation) = &message.correlation {
        properties = properties.with_correlation_id(short(correlation));
    }
    if persistent { properties.with_delivery_mode(PERSISTENT) } else { properties }
}

/// What an original message is set aside with: all that it had, but what would make RabbitMQ refuse, expire or route
/// the copy.
pub(super) fn set_aside(original: &BasicProperties, ours: BTreeMap<String, String>) -> BasicProperties {
    let mut headers = FieldTable::default();
    let kept = original.headers().iter().flatten();
    if weight_of(original.headers().as_ref()) > LARGEST_HEADERS {
        headers.insert(short("slipway-headers"), AMQPValue::LongString("left out, too large".into()));
    } else {
        for (name, value) in kept {
            let name = if OBEYED.contains(&name.as_str()) {
                format!("original-{name}")
            } else {
                kept_name(name.as_str())
            };
            headers.insert(short(&name), value.clone());
        }
    }
    if let Some(user) = original.user_id() {
        headers.insert(short("original-user-id"), AMQPValue::LongString(user.as_str().into()));
    }
    for (name, value) in ours {
        headers.insert(short(&name), AMQPValue::LongString(value.into()));
    }
    let mut properties = BasicProperties::default().with_headers(headers).with_delivery_mode(PERSISTENT);
    let texts: [(&Option<ShortString>, With); 7] = [
        (original.content_type(), BasicProperties::with_content_type),
        (original.content_encoding(), BasicProperties::with_content_encoding),
        (original.correlation_id(), BasicProperties::with_correlation_id),
        (original.reply_to(), BasicProperties::with_reply_to),
        (original.message_id(), BasicProperties::with_message_id),
        (original.kind(), BasicProperties::with_type),
        (original.app_id(), BasicProperties::with_app_id),
    ];
    for (text, with) in texts {
        if let Some(text) = text {
            properties = with(properties, text.clone());
        }
    }
    match original.timestamp() {
        Some(timestamp) => properties.with_timestamp(*timestamp),
        None => properties,
    }
}

/// Headers as text; lists, tables and bytes that are no text are left out.
pub(super) fn text_headers(properties: &BasicProperties) -> BTreeMap<String, String> {
    let headers = properties.headers().iter().flatten();
    headers.filter_map(|(name, value)| Some((name.to_string(), as_text(value)?))).collect()
}

fn as_text(value: &AMQPValue) -> Option<String> {
    Some(match value {
        AMQPValue::LongString(text) => std::str::from_utf8(text.as_bytes()).ok()?.to_owned(),
        AMQPValue::ShortString(text) => text.to_string(),
        AMQPValue::Boolean(value) => value.to_string(),
        AMQPValue::ShortShortInt(value) => value.to_string(),
        AMQPValue::ShortShortUInt(value) => value.to_string(),
        AMQPValue::ShortInt(value) => value.to_string(),
        AMQPValue::ShortUInt(value) => value.to_string(),
        AMQPValue::LongInt(value) => value.to_string(),
        AMQPValue::LongUInt(value) => value.to_string(),
        AMQPValue::LongLongInt(value) => value.to_string(),
        AMQPValue::Float(value) => value.to_string(),
        AMQPValue::Double(value) => value.to_string(),
        AMQPValue::Timestamp(value) => value.to_string(),
        AMQPValue::DecimalValue(_)
        | AMQPValue::FieldArray(_)
        | AMQPValue::FieldTable(_)
        | AMQPValue::ByteArray(_)
        | AMQPValue::Void => return None,
    })
}

fn weight_of(headers: Option<&FieldTable>) -> usize {
    headers.into_iter().flatten().map(|(name, value)| name.as_str().len() + weight(value)).sum()
}

/// About how many bytes a value takes in a frame.
fn weight(value: &AMQPValue) -> usize {
    match value {
        AMQPValue::LongString(text) => 8 + text.len(),
        AMQPValue::ByteArray(bytes) => 8 + bytes.len(),
        AMQPValue::FieldTable(table) => 8 + weight_of(Some(table)),
        AMQPValue::FieldArray(array) => 8 + array.as_slice().iter().map(weight).sum::<usize>(),
        _ => 16,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_off_between_characters() {
        assert_eq!(short(&"é".repeat(200)).as_str().len(), 254);
        assert_eq!(short("").as_str(), "");
    }

    #[test]
    fn what_would_make_the_broker_refuse_a_copy_is_renamed_or_left_out() {
        let mut headers = FieldTable::default();
        headers.insert("CC".into(), AMQPValue::LongString("not a list".into()));
        headers.insert("slipway-reason".into(), AMQPValue::LongString("forged".into()));
        headers.insert("n".into(), AMQPValue::LongInt(5));
        let original = BasicProperties::default()
            .with_headers(headers)
            .with_user_id("somebody".into())
            .with_expiration("5".into())
            .with_message_id("m-1".into());
        let ours = BTreeMap::from([("slipway-reason".to_owned(), "true".to_owned())]);
        let copy = set_aside(&original, ours);
        assert_eq!(copy.user_id(), &None);
        assert_eq!(copy.expiration(), &None);
        assert_eq!(copy.message_id(), original.message_id());
        let text = text_headers(&copy);
        assert_eq!(text["slipway-reason"], "true");
        assert_eq!(text["original-slipway-reason"], "forged");
        assert_eq!(text["original-CC"], "not a list");
        assert_eq!(text["original-user-id"], "somebody");
        assert_eq!(text["n"], "5");
        assert!(!text.contains_key("CC"));
    }

    #[test]
    fn headers_that_would_not_fit_are_left_out_and_that_is_said() {
        let mut headers = FieldTable::default();
        headers.insert("big".into(), AMQPValue::LongString(vec![b'a'; LARGEST_HEADERS].into()));
        let copy = set_aside(&BasicProperties::default().with_headers(headers), BTreeMap::new());
        let text = text_headers(&copy);
        assert_eq!(text.len(), 1);
        assert!(text.contains_key("slipway-headers"));
    }
}
