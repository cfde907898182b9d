//! A plan lies on a branch where anyone may edit it: the engine carries out its own plans only, unharmed.

use serde_json::json;
use slipway_engines::{Blueprint, Engine, Error};
use slipway_protocol::Plan;
use slipway_protocol::plan::Language;
use slipway_protocol::work::{Answer, Thought};

async fn plan(prompt: &str) -> Plan {
    let thought = Thought::Plan {
        prompt: prompt.parse().expect("a prompt"),
        languages: vec![Language::Python, Language::Node],
    };
    match Blueprint.think(&thought).await {
        Ok(Answer::Plan(plan)) => plan,
        other => panic!("{other:?}"),
    }
}

/// The error that code and architecture have in common.
async fn error(plan: &Plan) -> String {
    let code = Thought::Code { plan: plan.clone(), revision: 0, failures: Vec::new(), findings: Vec::new() };
    let architecture = Thought::Architecture { plan: plan.clone() };
    let (one, two) = (
        Blueprint.think(&code).await.expect_err("code"),
        Blueprint.think(&architecture).await.expect_err("architecture"),
    );
    assert!(matches!(one, Error::Plan(_)) && one.code() == "engine.plan" && !one.retryable(), "{one:?}");
    assert_eq!(one.to_string(), two.to_string());
    one.to_string()
}

/// The error after one parameter was set.
async fn error_with(prompt: &str, parameter: &str, value: serde_json::Value) -> String {
    let mut plan = plan(prompt).await;
    plan.generator.parameters.insert(parameter.into(), value);
    error(&plan).await
}

#[tokio::test]
async fn a_plan_survives_its_way_through_json() {
    let plan = plan("an API for books with title, author and year, called Shelf").await;
    let read: Plan = serde_json::from_str(&serde_json::to_string(&plan).unwrap()).unwrap();
    let code = |plan: Plan| Thought::Code { plan, revision: 0, failures: Vec::new(), findings: Vec::new() };
    let (Ok(Answer::Code(one)), Ok(Answer::Code(two))) =
        (Blueprint.think(&code(plan)).await, Blueprint.think(&code(read)).await)
    else {
        panic!("no code")
    };
    assert_eq!(one, two);
}

#[tokio::test]
async fn a_plan_of_another_engine_blueprint_or_version_is_not_carried_out() {
    let good = plan("todo app").await;
    let mut other = good.clone();
    other.generator.engine = "llm".into();
    assert!(error(&other).await.contains("`llm`"));
    let mut other = good.clone();
    other.generator.source = Some("../todo".into());
    assert!(error(&other).await.contains("`../todo`"));
    let mut other = good.clone();
    other.generator.version = Some(99);
    assert!(error(&other).await.contains("version 99"));
}

#[tokio::test]
async fn parameters_that_were_tampered_with_are_named() {
    let book = "an API for books with title";
    for (prompt, parameter, value, named) in [
        ("todo app", "extra", json!(1), "extra"),
        ("todo app", "name", json!("<script>"), "name must be"),
        ("todo app", "slug", json!("../up"), "slug must be"),
        ("todo app", "colour", json!("red;}"), "colour"),
        ("todo app", "colour", json!("#FF0000"), "colour"),
        ("todo app", "port", json!(80), "port must be"),
        ("todo app", "port", json!("8000"), "string"),
        ("todo app", "language", json!("rust"), "rust"),
        ("todo app", "topic", json!("x"), "not for this blueprint"),
        ("command-line tool", "port", json!(8000), "no port"),
        ("landing page", "tagline", json!("\"; import os"), "tagline"),
        (book, "entity", json!({"singular": "Book", "plural": "books"}), "Book"),
        (book, "entity", json!({"singular": "book"}), "plural"),
        (book, "fields", json!([]), "1 to 12"),
        (book, "fields", json!([{"name": "id", "type": "text", "required": true}]), "id"),
        (book, "fields", json!([{"name": "a b", "type": "text", "required": true}]), "a b"),
        (book, "fields", json!([{"name": "a", "type": "blob", "required": true}]), "blob"),
        (book, "fields", json!([{"name": "a", "type": "text", "required": false}]), "required"),
    ] {
        let message = error_with(prompt, parameter, value).await;
        assert!(message.contains("generator.parameters") && message.contains(named), "{message}");
    }
}

#[tokio::test]
async fn a_plan_that_contradicts_its_parameters_is_not_carried_out() {
    for (field, change) in [
        ("name", (|plan| plan.name = "Other".into()) as fn(&mut Plan)),
        ("slug", |plan| plan.slug = "other".into()),
        ("stack.language", |plan| plan.stack.language = Language::Node),
        ("run.port", |plan| plan.run.port = Some(9999)),
    ] {
        let mut plan = plan("todo app in Python").await;
        change(&mut plan);
        assert!(error(&plan).await.contains(field));
    }
}

#[tokio::test]
async fn it_does_not_review() {
    let thought = Thought::Review { plan: plan("todo app").await, diff: String::new() };
    assert!(matches!(Blueprint.think(&thought).await, Ok(Answer::Review(None))));
    assert_eq!(Blueprint.name(), "blueprint");
}
