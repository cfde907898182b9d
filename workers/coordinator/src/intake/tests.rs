//! What is taken at the intake, what is refused and how it is said, and that no bytes at all make it panic.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};
use slipway_protocol::{Approval, PreviewMode, Priority};

use super::*;

const BARE: &[u8] = br#"{"prompt": "build a todo app"}"#;

fn parse_body(body: &[u8]) -> Result<NewTaskRequest, Rejected> {
    parse_as(body, None)
}

fn parse_as(body: &[u8], content_type: Option<&str>) -> Result<NewTaskRequest, Rejected> {
    parse(&Parts { body, content_type, id: None, headers: &BTreeMap::new() })
}

fn parse_json(value: &Value) -> Result<NewTaskRequest, Rejected> {
    parse_body(value.to_string().as_bytes())
}

fn event(data: &Value) -> Value {
    json!({ "specversion": "1.0", "id": "7", "source": "ci", "type": "task.requested", "data": data })
}

#[test]
fn bare_json_is_taken_whatever_the_sender_says_of_it() {
    for content_type in [
        None,
        Some(""),
        Some("text/plain"),
        Some("application/json; charset=utf-8"),
        Some("Application/JSON"),
        Some("application/vnd.x+json"),
        Some("application/octet-stream"),
    ] {
        let request = parse_as(BARE, content_type).unwrap();
        assert_eq!(request.new.prompt.as_str(), "build a todo app", "{content_type:?}");
        assert_eq!(request.key, None);
    }
    assert_eq!(parse_as(BARE, Some("image/png")).unwrap_err().code, "intake.content-type");
}

#[test]
fn every_field_is_read() {
    let request = parse_json(&json!({
        "prompt": " build a blog\n", "priority": "high", "repository": "https://example.com/a.git",
        "approval": "manual", "preview": "compose_only", "idempotency_key": "k-1",
    }))
    .unwrap();
    assert_eq!(request.new.prompt.as_str(), "build a blog");
    assert_eq!((request.new.priority, request.new.approval), (Priority::High, Approval::Manual));
    assert_eq!(request.new.preview, PreviewMode::ComposeOnly);
    assert_eq!(request.new.repository.as_deref(), Some("https://example.com/a.git"));
    assert_eq!(request.key.as_deref(), Some("k-1"));
    let written = serde_json::to_value(&request.new).unwrap();
    let mut names: Vec<&str> = written.as_object().unwrap().keys().map(String::as_str).collect();
    let mut fields = fields::FIELDS;
    names.sort_unstable();
    fields.sort_unstable();
    assert_eq!(names, fields, "the intake knows every field of a request");
}

#[test]
fn what_is_wrong_is_said_by_code_field_and_way_out() {
    let long = format!(r#"{{"prompt": "{}"}}"#, "x".repeat(70_000));
    let deep = format!(r#"{{"prompt": {}1{}}}"#, "[".repeat(40), "]".repeat(40));
    let key = format!(r#"{{"prompt": "x", "idempotency_key": "{}"}}"#, "k".repeat(201));
    for (body, code, said) in [
        ("", "intake.not-json", "empty"),
        ("build a todo app", "intake.not-json", "line 1"),
        (r#"{"prompt": "x"} {}"#, "intake.not-json", "trailing"),
        (r#"{"prompt": "x",}"#, "intake.not-json", "line 1"),
        (r#"["build a todo app"]"#, "intake.not-object", "object"),
        ("null", "intake.not-object", "object"),
        ("{}", "intake.no-prompt", "prompt"),
        (r#"{"prompt": null}"#, "intake.no-prompt", "prompt"),
        (r#"{"prompt": " \n"}"#, "intake.no-prompt", "prompt"),
        (r#"{"prompt": 7}"#, "intake.wrong-value", "prompt is 7"),
        (r#"{"prompt": "a\u0000b"}"#, "intake.control-character", "U+0000"),
        (r#"{"prompt": "a\u001b[2J"}"#, "intake.control-character", "U+001B"),
        (r#"{"prompt": "x", "priorty": "high"}"#, "intake.unknown-field", "priorty"),
        (r#"{"prompt": "x", "priority": "hgih"}"#, "intake.wrong-value", "critical, high, normal or low"),
        (r#"{"prompt": "x", "approval": {}}"#, "intake.wrong-value", "approval is an object"),
        (r#"{"prompt": "x", "prompt": "y"}"#, "intake.duplicate-field", "prompt"),
        (r#"{"prompt": "x", "repository": "/srv/app"}"#, "intake.repository", "folder"),
        (r#"{"prompt": "x", "repository": "https://u:p@h/a"}"#, "intake.repository-secret", "repository"),
        (r#"{"prompt": "x", "idempotency_key": ""}"#, "intake.key", "empty"),
        (long.as_str(), "intake.prompt-too-long", "70000"),
        (deep.as_str(), "intake.too-deep", "32"),
        (key.as_str(), "intake.key", "201"),
    ] {
        let rejected = parse_body(body.as_bytes()).expect_err(body);
        assert_eq!(rejected.code, code, "{body}: {rejected}");
        assert!(rejected.detail.contains(said), "{body}: {rejected}");
        assert!(!rejected.detail.contains('\n') && rejected.detail.len() < 400, "{rejected}");
    }
}

#[test]
fn bytes_that_are_not_utf_8_and_bodies_that_are_too_large_are_refused() {
    assert_eq!(parse_body(b"{\"prompt\": \"\xff\"}").unwrap_err().code, "intake.encoding");
    let mut body = BARE.to_vec();
    body.resize(BODY_LIMIT, b' ');
    assert!(parse_body(&body).is_ok());
    body.push(b' ');
    assert_eq!(parse_body(&body).unwrap_err().code, "intake.too-large");
}

#[test]
fn a_structured_event_is_taken_with_or_without_its_content_type_and_its_source_and_id_are_the_key() {
    let body = event(&json!({ "prompt": "build a todo app", "priority": "low" })).to_string();
    for content_type in [None, Some("application/cloudevents+json; charset=utf-8"), Some("application/json")]
    {
        let request = parse_as(body.as_bytes(), content_type).unwrap();
        assert_eq!(request.new.priority, Priority::Low);
        assert_eq!(request.key.as_deref(), Some("event:ci 7"));
    }
    let named = event(&json!({ "prompt": "build a todo app", "idempotency_key": "mine" }));
    assert_eq!(parse_json(&named).unwrap().key.as_deref(), Some("mine"));
}

#[test]
fn a_binary_event_is_known_by_its_headers_in_any_of_their_spellings() {
    for prefix in ["ce-", "cloudEvents:", "cloudEvents_"] {
        let attributes =
            [("specversion", "1.0"), ("id", "7"), ("source", "/c%20i"), ("type", "task.requested")];
        let headers: BTreeMap<String, String> =
            attributes.iter().map(|(name, value)| (format!("{prefix}{name}"), (*value).to_owned())).collect();
        let parts =
            Parts { body: BARE, content_type: Some("application/json"), id: Some("m"), headers: &headers };
        let key = parse(&parts).unwrap().key.unwrap();
        assert!(key.starts_with("event:"), "{prefix}: {key}");
        let mut wrong = headers.clone();
        wrong.insert(format!("{prefix}type"), "plan.created".into());
        assert_eq!(parse(&Parts { headers: &wrong, ..parts }).unwrap_err().code, "intake.event-type");
        wrong.remove(&format!("{prefix}type"));
        assert_eq!(parse(&Parts { headers: &wrong, ..parts }).unwrap_err().code, "intake.cloud-event");
    }
}

#[test]
fn events_that_are_not_in_order_are_refused() {
    let good = event(&json!({ "prompt": "x" }));
    for (field, value, code) in [
        ("specversion", json!("0.3"), "intake.cloud-event"),
        ("specversion", json!(1), "intake.cloud-event"),
        ("id", json!(""), "intake.cloud-event"),
        ("source", Value::Null, "intake.cloud-event"),
        ("type", json!("task.initiated"), "intake.event-type"),
        ("data", json!("x"), "intake.cloud-event"),
        ("data_base64", json!("eA=="), "intake.cloud-event"),
        ("data", json!({ "prompt": "x", "wish": 1 }), "intake.unknown-field"),
    ] {
        let mut event = good.clone();
        event[field] = value;
        assert_eq!(parse_json(&event).unwrap_err().code, code, "{event}");
    }
    let batch = parse_as(b"[]", Some("application/cloudevents-batch+json")).unwrap_err();
    assert!(batch.detail.contains("batches"), "{batch}");
}

#[test]
fn the_key_comes_from_the_field_or_the_header_then_the_event_then_the_message() {
    let headers = BTreeMap::new();
    let base = Parts { body: BARE, content_type: None, id: Some("m-1"), headers: &headers };
    assert_eq!(parse(&base).unwrap().key.as_deref(), Some("message:m-1"));
    assert_eq!(parse(&Parts { id: Some(" "), ..base }).unwrap().key, None);
    assert_eq!(parse_keyed(&base, Some("h")).unwrap().key.as_deref(), Some("h"));
    let both = br#"{"prompt": "x", "idempotency_key": "f"}"#;
    let clash = parse_keyed(&Parts { body: both, ..base }, Some("h")).unwrap_err();
    assert_eq!(clash.code, "intake.key");
    let long = parse(&Parts { id: Some(&"m".repeat(500)), ..base }).unwrap().key.unwrap();
    assert!(long.starts_with("message:sha256:") && long.len() < 100, "{long}");
}

#[test]
fn the_digest_is_of_what_is_asked_for_and_not_of_how_it_is_written() {
    let one = parse_body(br#"{"prompt":"x","priority":"normal","idempotency_key":"a"}"#).unwrap();
    let other = parse_json(&event(&json!({ "prompt": " x " }))).unwrap();
    assert_eq!(one.digest, other.digest);
    assert_ne!(one.digest, parse_body(br#"{"prompt":"x","priority":"low"}"#).unwrap().digest);
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(body: Vec<u8>, content_type: Option<String>, id: Option<String>, key: Option<String>) {
        let headers = BTreeMap::from([("ce-specversion".to_owned(), id.clone().unwrap_or_default())]);
        for headers in [&headers, &BTreeMap::new()] {
            let parts = Parts {
                body: &body,
                content_type: content_type.as_deref(),
                id: id.as_deref(),
                headers,
            };
            if let Err(rejected) = parse_keyed(&parts, key.as_deref()) {
                prop_assert!(rejected.code.starts_with("intake."));
            }
        }
    }

    #[test]
    fn no_text_in_a_field_makes_it_panic_and_what_is_taken_has_no_nul(text in any::<String>(), field in 0..6_usize) {
        let mut request = json!({ "prompt": "x" });
        request[fields::FIELDS[field]] = json!(text);
        if let Ok(request) = parse_json(&request) {
            let kept = serde_json::to_string(&request.new).unwrap();
            prop_assert!(!kept.contains("\\u0000"));
        }
    }
}
