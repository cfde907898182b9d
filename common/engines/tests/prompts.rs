//! The corpus of prompts in `corpus.yaml`, and what holds for any prompt at all.

use proptest::prelude::*;
use serde::Deserialize;
use slipway_engines::{Blueprint, Engine, Error, Refusal, catalogue};
use slipway_protocol::Plan;
use slipway_protocol::plan::Language;
use slipway_protocol::task::Prompt;
use slipway_protocol::work::{Answer, Thought};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Corpus {
    accepted: Vec<Accepted>,
    refused: Vec<Refused>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Accepted {
    prompt: String,
    is: String,
    name: Option<String>,
    slug: Option<String>,
    colour: Option<String>,
    port: Option<u16>,
    language: Option<Language>,
    topic: Option<String>,
    tagline: Option<String>,
    record: Option<String>,
    fields: Option<String>,
    #[serde(default)]
    not_built: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Refused {
    prompt: String,
    code: String,
    says: Option<String>,
}

fn corpus() -> Corpus {
    serde_saphyr::from_str(include_str!("corpus.yaml")).expect("the corpus is YAML")
}

async fn ask(prompt: &str, languages: &[Language]) -> Result<Plan, Refusal> {
    let thought = Thought::Plan { prompt: prompt.parse().expect("a prompt"), languages: languages.to_vec() };
    match Blueprint.think(&thought).await {
        Ok(Answer::Plan(plan)) => Ok(plan),
        Err(Error::Refused(refusal)) => Err(*refusal),
        other => panic!("{prompt}: {other:?}"),
    }
}

const BOTH: &[Language] = &[Language::Python, Language::Node];

fn text(plan: &Plan, parameter: &str) -> Option<String> {
    plan.generator.parameters.get(parameter).and_then(|value| value.as_str()).map(str::to_owned)
}

fn record(plan: &Plan) -> Option<String> {
    let entity = plan.generator.parameters.get("entity")?;
    Some(format!("{}/{}", entity["singular"].as_str()?, entity["plural"].as_str()?))
}

fn fields(plan: &Plan) -> Option<String> {
    let fields = plan.generator.parameters.get("fields")?.as_array()?;
    let written = fields.iter().map(|field| {
        let required = if field["required"] == true { "!" } else { "" };
        format!(
            "{}:{}{required}",
            field["name"].as_str().unwrap_or("?"),
            field["type"].as_str().unwrap_or("?")
        )
    });
    Some(written.collect::<Vec<_>>().join(" "))
}

/// What of `wanted` the plan does not have.
fn differences(wanted: &Accepted, plan: &Plan) -> Vec<String> {
    let mut differences = Vec::new();
    let mut compare = |what: &str, wanted: Option<String>, found: Option<String>| {
        if wanted.is_some() && wanted != found {
            differences.push(format!("{what}: wanted {wanted:?}, found {found:?}"));
        }
    };
    compare("is", Some(wanted.is.clone()), plan.generator.source.clone());
    compare("name", wanted.name.clone(), Some(plan.name.clone()));
    compare("slug", wanted.slug.clone(), Some(plan.slug.clone()));
    compare("colour", wanted.colour.clone(), text(plan, "colour"));
    compare("port", wanted.port.map(|port| port.to_string()), plan.run.port.map(|port| port.to_string()));
    compare("language", wanted.language.map(|one| one.to_string()), Some(plan.stack.language.to_string()));
    compare("topic", wanted.topic.clone(), text(plan, "topic"));
    compare("tagline", wanted.tagline.clone(), text(plan, "tagline"));
    compare("record", wanted.record.clone(), record(plan));
    compare("fields", wanted.fields.clone(), fields(plan));
    compare("not_built", Some(wanted.not_built.join(" | ")), Some(plan.not_built.join(" | ")));
    differences
}

#[tokio::test]
async fn prompts_that_are_understood_give_their_plan() {
    let mut wrong = Vec::new();
    for wanted in corpus().accepted {
        match ask(&wanted.prompt, BOTH).await {
            Ok(plan) => wrong.extend(
                differences(&wanted, &plan).into_iter().map(|one| format!("{}: {one}", wanted.prompt)),
            ),
            Err(refusal) => wrong.push(format!("{}: refused: {}", wanted.prompt, refusal.why())),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn prompts_that_are_refused_say_why() {
    let mut wrong = Vec::new();
    for wanted in corpus().refused {
        match ask(&wanted.prompt, BOTH).await {
            Ok(plan) => wrong.push(format!("{}: accepted as {:?}", wanted.prompt, plan.generator.source)),
            Err(refusal) => {
                let message = format!("{} {}", refusal.understood(), refusal.why());
                if refusal.code() != wanted.code || !message.contains(wanted.says.as_deref().unwrap_or("")) {
                    wrong.push(format!("{}: {} {message}", wanted.prompt, refusal.code()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn a_refusal_shows_the_catalogue_and_how_to_get_more() {
    let refusal = ask("a chat app with notes", BOTH).await.unwrap_err();
    let message = refusal.to_string();
    for entry in catalogue() {
        assert!(message.contains(&entry.id) && message.contains(&entry.title), "{message}");
        assert!(message.contains(&entry.examples[0]), "{message}");
    }
    assert!(message.contains("engine = \"llm\"") && message.contains("This version has none"), "{message}");
    assert!(!Error::from(refusal).retryable());
}

#[tokio::test]
async fn the_language_is_the_one_that_was_named_or_else_the_first_that_can_be_tested() {
    use Language::{Node, Python};
    assert_eq!(ask("todo app", &[Node, Python]).await.unwrap().stack.language, Node);
    assert_eq!(ask("todo app in Python", &[Node, Python]).await.unwrap().stack.language, Python);
    assert_eq!(ask("todo app in Python or Node", &[Node]).await.unwrap().stack.language, Node);
    let refusal = ask("todo app in Node", &[Python]).await.unwrap_err();
    assert_eq!(refusal.code(), "language");
    assert!(refusal.why().contains("`node`") && refusal.why().contains("python"), "{}", refusal.why());
}

#[tokio::test]
async fn what_was_assumed_is_a_risk_of_the_plan() {
    let plan = ask("an API for books", BOTH).await.unwrap();
    assert!(plan.risks.iter().any(|risk| risk.contains("names no field")), "{:?}", plan.risks);
    let plan = ask("a REST API", BOTH).await.unwrap();
    assert!(plan.risks.iter().any(|risk| risk.contains("no kind of record")), "{:?}", plan.risks);
}

#[tokio::test]
async fn a_long_prompt_is_answered() {
    for part in [
        "todo app with tags, ",
        "Foo, the Bar, ",
        "foo and need ",
        "called ",
        "in red ",
        "'\" ( ",
        "api for a b c ",
        "and ",
        "#",
        "\n- ",
    ] {
        let prompt = part.repeat(60 * 1024 / part.len());
        let _ = ask(&prompt, BOTH).await;
    }
}

proptest! {
    #[test]
    fn any_prompt_is_answered_or_refused(prompt in "\\PC{1,120}") {
        answer(&prompt)?;
    }

    #[test]
    fn any_words_of_the_corpus_are_answered_or_refused(
        words in proptest::collection::vec(proptest::sample::select(WORDS), 1..14),
        marks in proptest::collection::vec(proptest::sample::select(MARKS), 14),
    ) {
        let prompt = words.iter().zip(marks).flat_map(|(word, mark)| [*word, mark]).collect::<String>();
        answer(&prompt)?;
    }
}

/// Words that decide something.
const WORDS: &[&str] = &[
    "build",
    "a",
    "todo",
    "app",
    "API",
    "for",
    "books",
    "with",
    "title",
    "author",
    "(",
    ")",
    "year:int",
    "\"",
    "called",
    "Name",
    "port",
    "9000",
    "in",
    "green",
    "#00ff00",
    "Python",
    "or",
    "and",
    "without",
    "login",
    "landing page",
    "that",
    "has",
    "each",
    "fields",
    ":",
    "of",
    "to",
    "manage",
    "calculator",
    "notes",
    "tagline",
    "CLI",
    "news",
    "optional",
    "?",
    "-",
    "é",
    "my",
    "it",
];
const MARKS: &[&str] = &[" ", " ", " ", " ", ", ", ". ", "\n", "\n- ", "-", ": ", "\"", "'", " (", ") "];

/// A plan holds, and a refusal has a message.
fn answer(prompt: &str) -> Result<(), TestCaseError> {
    let Ok(prompt) = prompt.parse::<Prompt>() else { return Ok(()) };
    let thought = Thought::Plan { prompt, languages: BOTH.to_vec() };
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    match runtime.block_on(Blueprint.think(&thought)) {
        Ok(Answer::Plan(plan)) => prop_assert_eq!(plan.check(), Ok(())),
        Err(Error::Refused(refusal)) => prop_assert!(refusal.lines().len() > 8),
        other => prop_assert!(false, "{other:?}"),
    }
    Ok(())
}
