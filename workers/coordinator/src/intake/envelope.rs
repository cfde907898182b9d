//! Whether a request comes in a `CloudEvent`, and what it says of itself then.
//! Source: <https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md> and its bindings for AMQP and HTTP.

use serde_json::{Map, Value};
use slipway_protocol::Digest;
use slipway_protocol::request::KEY_LIMIT;

use super::{EVENT_TYPE, Parts, Rejected, shown};

/// What header names of a binary mode event begin with: in HTTP and NATS, and in AMQP both ways of writing it.
const PREFIXES: [&str; 3] = ["ce-", "cloudevents:", "cloudevents_"];

const CODE: &str = "intake.cloud-event";

/// Refuses what says that it is no JSON. What says nothing, as the management page's messages, is read and seen.
pub(super) fn check_content_type(content_type: Option<&str>) -> Result<(), Rejected> {
    let media_type = media_type(content_type);
    if media_type == "application/cloudevents-batch+json" {
        return Err(Rejected::new(
            CODE,
            "batches of CloudEvents are not taken; send one event in one message",
        ));
    }
    let named = ["", "text/plain", "application/octet-stream"].contains(&media_type.as_str());
    if named || media_type.ends_with("/json") || media_type.ends_with("+json") {
        return Ok(());
    }
    let detail = format!(
        "the content type {} is not JSON; send application/json, or leave it out",
        shown(&media_type)
    );
    Err(Rejected::new("intake.content-type", detail))
}

fn media_type(content_type: Option<&str>) -> String {
    let whole = content_type.unwrap_or_default();
    whole.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Gives the key that an event's source and id make, if it is one, and what is asked for.
pub(super) fn open(
    parts: &Parts<'_>,
    content: Value,
) -> Result<(Option<String>, Map<String, Value>), Rejected> {
    let structured = media_type(parts.content_type) == "application/cloudevents+json";
    match content {
        Value::Object(object) if structured || object.contains_key("specversion") => from_event(object),
        Value::Object(object) => Ok((from_headers(parts)?, object)),
        _ => {
            let detail = "the request is not a JSON object; send {\"prompt\": \"build a todo app\"}";
            Err(Rejected::new("intake.not-object", detail))
        }
    }
}

/// A message's own id as a key; what could be any message's is none.
pub(super) fn message_key(id: Option<&str>) -> Option<String> {
    id.map(str::trim).filter(|id| !id.is_empty()).map(|id| key("message", &[id]))
}

fn from_event(mut event: Map<String, Value>) -> Result<(Option<String>, Map<String, Value>), Rejected> {
    let attribute = |name: &str| event.get(name).and_then(Value::as_str);
    let key = event_key(attribute)?;
    if event.contains_key("data_base64") {
        return Err(Rejected::new(CODE, "data_base64 is not read; put the task into data, as JSON"));
    }
    if let Some(Value::Object(data)) = event.remove("data") {
        return Ok((Some(key), data));
    }
    let detail = "the event's data is not a JSON object; send \"data\": {\"prompt\": \"build a todo app\"}";
    Err(Rejected::new(CODE, detail))
}

/// The key of an event in binary mode; `None` when the headers hold none.
fn from_headers(parts: &Parts<'_>) -> Result<Option<String>, Rejected> {
    let mut attributes = Map::new();
    for (name, value) in parts.headers {
        let name = name.to_ascii_lowercase();
        if let Some((prefix, name)) =
            PREFIXES.iter().find_map(|prefix| Some((*prefix, name.strip_prefix(prefix)?)))
        {
            let value = if prefix == "ce-" { percent_decoded(value) } else { value.clone() };
            attributes.insert(name.to_owned(), value.into());
        }
    }
    if attributes.contains_key("specversion") {
        event_key(|name| attributes.get(name).and_then(Value::as_str)).map(Some)
    } else {
        Ok(None)
    }
}

fn event_key<'a>(attribute: impl Fn(&str) -> Option<&'a str>) -> Result<String, Rejected> {
    let needed = |name: &str| match attribute(name) {
        Some(text) if !text.is_empty() => Ok(text),
        _ => Err(Rejected::new(
            CODE,
            format!("the event's {name} is not a text, or is empty; CloudEvents need one"),
        )),
    };
    let (version, event_type) = (needed("specversion")?, needed("type")?);
    if version != "1.0" {
        return Err(Rejected::new(CODE, format!("specversion is {}; only \"1.0\" is read", shown(version))));
    }
    if event_type != EVENT_TYPE {
        let detail = format!(
            "the event's type is {}; on this queue events are of the type {EVENT_TYPE}",
            shown(event_type)
        );
        return Err(Rejected::new("intake.event-type", detail));
    }
    Ok(key("event", &[needed("source")?, needed("id")?]))
}

/// Parts as one key: as they are when they are short and plain, else as their digest.
fn key(kind: &str, parts: &[&str]) -> String {
    let plain = |part: &&str| !part.chars().any(char::is_control);
    let joined = parts.join(" ");
    if joined.len() <= KEY_LIMIT && parts.iter().all(plain) && !parts[0].contains(' ') {
        return format!("{kind}:{joined}");
    }
    let mut unambiguous = Vec::new();
    for part in parts {
        unambiguous.extend(part.len().to_be_bytes());
        unambiguous.extend(part.as_bytes());
    }
    format!("{kind}:{}", Digest::of(&unambiguous))
}

/// The text with `%XX` decoded; as it came where that gives no UTF-8.
fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        if let Some(byte) = byte.filter(|_| *first == b'%') {
            bytes.push(byte);
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}
