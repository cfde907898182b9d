//! Every blueprint in every language with several sets of parameters: rendered, checked, and rendered again.

use std::collections::BTreeSet;

use slipway_engines::{Blueprint, Engine, Error, catalogue};
use slipway_protocol::change::Content;
use slipway_protocol::plan::{Language, RunKind};
use slipway_protocol::work::{Answer, Architecture, Thought};
use slipway_protocol::{Piece, Plan};

/// What is added to a blueprint's first example.
const VARIANTS: &[&str] = &[
    "",
    " called Family Groceries in green on port 9001",
    " called 'x' in white",
    " called \"O'Brien's <b>bold</b> & Söhne\" in black",
    " called \"<< slug >> <% if x %> {{ name }} ${name} %s {0}\" in #ff0000",
    " called \"line one\nline two \\ `tick` $(id) ; rm\" in tomato",
    " called \"🎉 \u{202e}שלום 名前\" in yellow",
    " called \"-- 7-Eleven --\" in rebeccapurple on port 65535",
];

/// Prompts whose records are hard on a template.
const RECORDS: &[&str] = &[
    "an API for books with title, author and year",
    "an API for plants with name, price (number), in_stock (boolean) and planted_on (date)",
    "an API for sheep with weight:integer",
    "an API for classes with class, from, def, function, None, new and self",
    "an API for objects with value:boolean",
    "an API for user stories with date:date, text, list, type, key and count",
    "an API for news (a, b:int, c:number, d:bool, e:date, f, g, h, i, j, k, l)",
];

async fn think(thought: Thought) -> Result<Answer, Error> {
    Blueprint.think(&thought).await
}

async fn plan(prompt: &str, language: Language) -> Plan {
    let thought = Thought::Plan { prompt: prompt.parse().expect("a prompt"), languages: vec![language] };
    match think(thought).await {
        Ok(Answer::Plan(plan)) => plan,
        other => panic!("{prompt} in {language}: {other:?}"),
    }
}

async fn architecture(plan: &Plan) -> Architecture {
    match think(Thought::Architecture { plan: plan.clone() }).await {
        Ok(Answer::Architecture(architecture)) => architecture,
        other => panic!("{}: {other:?}", plan.slug),
    }
}

async fn code(plan: &Plan, revision: u32) -> Vec<Piece> {
    let thought = Thought::Code { plan: plan.clone(), revision, failures: Vec::new(), findings: Vec::new() };
    match think(thought).await {
        Ok(Answer::Code(pieces)) => pieces,
        other => panic!("{}: {other:?}", plan.slug),
    }
}

fn files(pieces: &[Piece]) -> Vec<(&str, &str)> {
    let changes = pieces.iter().flat_map(|piece| &piece.changes);
    changes
        .map(|change| match &change.content {
            Content::File { bytes, executable: false } => {
                (change.path.as_str(), std::str::from_utf8(bytes).expect("text"))
            }
            other => panic!("{}: {other:?}", change.path),
        })
        .collect()
}

/// Every prompt of these tests, with the blueprint that it leads to.
fn prompts() -> Vec<(String, String)> {
    let mut prompts = Vec::new();
    for entry in catalogue() {
        prompts.extend(entry.examples.iter().map(|example| (entry.id.clone(), example.clone())));
        let plain = entry.examples[0].split(" for books").next().unwrap_or_default();
        let served =
            |variant: &&&str| entry.parameters.contains(&"port".to_owned()) || !variant.contains("port");
        prompts.extend(
            VARIANTS.iter().filter(served).map(|variant| (entry.id.clone(), format!("{plain}{variant}"))),
        );
    }
    prompts.extend(RECORDS.iter().map(|prompt| ("rest-api".to_owned(), (*prompt).to_owned())));
    prompts
}

fn languages_for(prompt: &str) -> Vec<Language> {
    let all = [Language::Python, Language::Node];
    all.into_iter().filter(|language| *language == Language::Node || !prompt.contains("Node")).collect()
}

#[tokio::test]
async fn every_example_of_the_catalogue_leads_to_its_blueprint_and_leaves_nothing_out() {
    for entry in catalogue() {
        for example in &entry.examples {
            let plan = plan(example, Language::Node).await;
            assert_eq!(plan.generator.source.as_deref(), Some(entry.id.as_str()), "{example}");
            assert_eq!(plan.not_built, Vec::<String>::new(), "{example}");
        }
    }
}

#[tokio::test]
async fn every_plan_holds_and_says_how_it_is_tested_and_run() {
    for (id, prompt) in prompts() {
        for language in languages_for(&prompt) {
            let plan = plan(&prompt, language).await;
            assert_eq!(plan.check(), Ok(()), "{prompt}");
            assert_eq!(plan.generator.source.as_deref(), Some(id.as_str()), "{prompt}");
            assert_eq!((plan.stack.language, plan.tests.len()), (language, 1));
            assert_eq!(plan.run.port.is_some(), plan.run.kind == RunKind::Server);
            assert!(plan.name.chars().all(|c| c.is_alphanumeric() || c == ' ' || c == '-'), "{}", plan.name);
            assert!(!plan.risks.is_empty() && plan.name.chars().count() <= 40 && plan.slug.len() <= 40);
        }
    }
}

#[tokio::test]
async fn every_file_is_in_one_piece_and_nothing_of_a_template_is_left() {
    for (_, prompt) in prompts() {
        for language in languages_for(&prompt) {
            let plan = plan(&prompt, language).await;
            let pieces = code(&plan, 0).await;
            check_pieces(&prompt, &pieces);
            let files = files(&pieces);
            let paths: BTreeSet<&str> = files.iter().map(|(path, _)| *path).collect();
            assert_eq!(paths.len(), files.len(), "{prompt}: a file stands in two pieces");
            for needed in ["README.md", "Dockerfile", ".dockerignore", ".gitignore"] {
                assert!(paths.contains(needed), "{prompt} in {language} has no {needed}");
            }
            assert!(paths.iter().any(|path| path.starts_with("tests/")), "{prompt}");
            for (path, text) in files {
                assert!(
                    text.is_empty() || text.ends_with('\n'),
                    "{prompt}: {path} does not end with a line break"
                );
                for left in ["<<", "<%", "%>", "<#", "#>"] {
                    assert!(!text.contains(left), "{prompt}: {path} has {left}");
                }
            }
        }
    }
}

fn check_pieces(prompt: &str, pieces: &[Piece]) {
    assert!((3..=5).contains(&pieces.len()), "{prompt}: {} pieces", pieces.len());
    for piece in pieces {
        let subject = &piece.subject;
        assert!(
            !subject.is_empty() && subject.chars().count() <= 72 && !subject.ends_with('.'),
            "{prompt}: {subject}"
        );
        assert!(
            !subject.contains('\n') && !piece.body.is_empty() && !piece.changes.is_empty(),
            "{prompt}: {subject}"
        );
    }
}

#[tokio::test]
async fn every_architecture_has_an_overview_a_diagram_and_decisions() {
    for (_, prompt) in prompts() {
        for language in languages_for(&prompt) {
            let plan = plan(&prompt, language).await;
            let architecture = architecture(&plan).await;
            assert!(architecture.overview.lines().count() >= 15, "{prompt}");
            assert!(architecture.diagram.trim_start().starts_with("flowchart"), "{prompt}");
            assert!(architecture.decisions.len() >= 3, "{prompt}");
            let other = if language == Language::Python { ".mjs`" } else { ".py`" };
            assert!(
                !architecture.overview.contains(other),
                "{prompt} in {language} speaks of the other language"
            );
        }
    }
}

#[tokio::test]
async fn rendering_twice_gives_the_same_bytes_for_any_revision() {
    for (_, prompt) in prompts() {
        for language in languages_for(&prompt) {
            let plan = plan(&prompt, language).await;
            assert_eq!(plan, self::plan(&prompt, language).await);
            assert_eq!(architecture(&plan).await, architecture(&plan).await);
            assert_eq!(code(&plan, 0).await, code(&plan, 3).await);
        }
    }
}

#[tokio::test]
async fn a_hostile_name_is_the_same_code_as_its_harmless_letters() {
    for entry in catalogue().iter().filter(|entry| entry.parameters.contains(&"port".to_owned())) {
        let plain = entry.examples[0].split(" for books").next().unwrap();
        let hostile = plan(&format!("{plain} called \"<i>x</i>'; << 1/0 >>\""), Language::Node).await;
        let harmless = plan(&format!("{plain} called \"ixi 10\""), Language::Node).await;
        assert_eq!(hostile.name, "ixi 10");
        assert_eq!(code(&hostile, 0).await, code(&harmless, 0).await, "{}", entry.id);
    }
}
