//! The house rules that a compiler does not hold.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use slipway_tests::program::workspace;

/// The floors of the house, lowest first. A crate may use crates of lower floors only.
const FLOORS: [&[&str]; 6] = [
    &["protocol", "runtime"],
    &["workflow", "agents"],
    &["engines", "git-store", "containers", "journal", "broker", "store"],
    &["worker"],
    &[
        "cli",
        "coordinator",
        "repositories",
        "planner",
        "architect",
        "coder",
        "tester",
        "reviewer",
        "deployer",
        "worker-any",
    ],
    &["tests"],
];

/// The one hand that uses a rule: it keeps runs, and so knows what they are made of.
const KEEPS_RUNS: (&str, &str) = ("store", "workflow");

fn packages() -> BTreeMap<String, Vec<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(workspace())
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let short = |name: &Value| name.as_str().unwrap().strip_prefix("slipway-").map(str::to_owned);
    let mut packages = BTreeMap::new();
    for package in metadata["packages"].as_array().unwrap() {
        let dependencies = package["dependencies"].as_array().unwrap().iter();
        let ours = dependencies.filter_map(|dependency| short(&dependency["name"])).collect();
        packages.insert(short(&package["name"]).expect("every package is named slipway-<folder>"), ours);
    }
    packages
}

fn floor(name: &str) -> usize {
    let found = FLOORS.iter().position(|floor| floor.contains(&name));
    found.unwrap_or_else(|| panic!("{name} has no floor yet; add it to FLOORS and to ARCHITECTURE.md"))
}

#[test]
fn arrows_point_down_only() {
    for (package, dependencies) in packages() {
        for dependency in dependencies {
            assert!(floor(&dependency) < floor(&package), "{package} must not use {dependency}");
        }
    }
}

#[test]
fn hands_use_no_rules_and_the_kit_uses_nothing_of_ours() {
    let packages = packages();
    assert_eq!(packages["runtime"], Vec::<String>::new());
    assert_eq!(packages["protocol"], Vec::<String>::new());
    for rule in ["workflow", "agents"] {
        assert_eq!(packages[rule], ["protocol"], "{rule} must be pure");
        for hand in FLOORS[2] {
            let allowed = (*hand, rule) == KEEPS_RUNS;
            assert!(allowed || !packages[*hand].contains(&rule.to_owned()), "{hand} must not use {rule}");
        }
    }
}

fn sources() -> Vec<PathBuf> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    for folder in ["common", "workers", "tests"] {
        walk(&workspace().join(folder), &mut found);
    }
    found
}

#[test]
fn every_file_opens_by_saying_what_it_is_and_none_is_called_mod() {
    for path in sources() {
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("//! "), "{} has no opener", path.display());
        assert!(path.file_name().unwrap() != "mod.rs", "{} must be named after its module", path.display());
    }
}

#[test]
fn the_architecture_names_every_crate() {
    let text = fs::read_to_string(workspace().join("ARCHITECTURE.md")).unwrap();
    for package in packages().keys() {
        assert!(text.contains(&format!("`{package}`")), "ARCHITECTURE.md does not name `{package}`");
    }
}

#[test]
fn only_the_retry_file_uses_backoff_and_only_the_store_uses_sqlx() {
    let tests = workspace().join("tests");
    let store = workspace().join("common/store");
    for path in sources().into_iter().filter(|path| !path.starts_with(&tests)) {
        let text = fs::read_to_string(&path).unwrap();
        let may_use_backoff = path.ends_with("runtime/src/retry.rs");
        assert!(may_use_backoff || !text.contains("use backoff"), "{} uses backoff", path.display());
        assert!(path.starts_with(&store) || !text.contains("sqlx::"), "{} uses sqlx", path.display());
    }
}

#[test]
fn no_shipped_program_is_built_with_fault_points() {
    for (package, dependencies) in packages() {
        assert!(
            package == "tests" || !dependencies.contains(&"tests".to_owned()),
            "{package} uses the tests"
        );
    }
    for folder in ["common", "workers", "docker"] {
        for path in files(&workspace().join(folder), &["toml", "Dockerfile"]) {
            let text = fs::read_to_string(&path).unwrap();
            let asks = text.lines().any(|line| line.contains("features") && line.contains("fault-points"));
            assert!(!asks, "{} asks for fault points", path.display());
        }
    }
}

fn files(folder: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, endings));
        } else if endings.iter().any(|ending| path.to_string_lossy().ends_with(ending)) {
            found.push(path);
        }
    }
    found
}

/// Quoted words of the form `area.what`, in the code that is shipped.
fn error_codes() -> BTreeSet<String> {
    const AREAS: [&str; 28] = [
        "agent",
        "api",
        "broker",
        "coordinator",
        "fleet",
        "health",
        "intake",
        "repositories",
        "store",
        "bench",
        "change",
        "cli",
        "config",
        "container",
        "data",
        "engine",
        "environment",
        "git",
        "journal",
        "preview",
        "process",
        "prompt",
        "sandbox",
        "task",
        "worker",
        "workflow",
        "report",
        "blueprint",
    ];
    let settings = settings();
    let mut codes = BTreeSet::new();
    for path in sources() {
        let is_test = |part: std::path::Component<'_>| {
            ["tests", "conformance"].map(|it| part.as_os_str() == it).contains(&true)
        };
        if path.components().any(is_test) || path.ends_with("tests.rs") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let shipped = text.split("#[cfg(test)]").next().unwrap();
        for line in shipped.lines().filter(|line| !line.trim_start().starts_with("//")) {
            for word in line.split('"').skip(1).step_by(2) {
                let Some((area, what)) = word.split_once('.') else { continue };
                let plain = !what.is_empty() && what.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
                if AREAS.contains(&area) && plain && !is_no_code(word, &settings) {
                    codes.insert(word.to_owned());
                }
            }
        }
    }
    codes
}

/// Setting keys, event types and file names look like codes.
fn is_no_code(word: &str, settings: &BTreeSet<String>) -> bool {
    let ending = word.rsplit('.').next().unwrap_or_default();
    let is_event = word.starts_with("task.")
        && ["initiated", "progress", "completed", "failed", "cancelled", "requested"].contains(&ending);
    let is_file = ["yaml", "md", "xml", "json", "py", "log", "rs", "toml"].contains(&ending);
    let is_queue = ["coordinator.feed", "coordinator.requests"].contains(&word);
    // A setting that cannot be had may be an error's code too; then it has a page.
    let is_setting = settings.contains(word) && !workspace().join(format!("docs/errors/{word}.md")).exists();
    is_event || is_file || is_queue || is_setting || word == "git.new"
}

/// The keys of every program's settings.
fn settings() -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    for folder in ["common", "workers"] {
        for path in files(&workspace().join(folder), &["config.default.toml"]) {
            let text = fs::read_to_string(&path).unwrap();
            let mut section = String::new();
            for line in text.lines() {
                if let Some(name) = line.strip_prefix('[') {
                    name.trim_end_matches(']').clone_into(&mut section);
                } else if let Some((key, _)) = line.split_once(" =").filter(|_| !line.starts_with('#')) {
                    keys.insert(format!("{section}.{key}"));
                }
            }
        }
    }
    keys
}

#[test]
fn every_error_code_has_a_page_and_every_page_a_code() {
    let folder = workspace().join("docs/errors");
    let pages: BTreeSet<String> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .filter(|page| page != "README")
        .collect();
    let codes = error_codes();
    let missing: Vec<_> = codes.difference(&pages).collect();
    let orphaned: Vec<_> = pages.difference(&codes).collect();
    assert!(missing.is_empty(), "no page in docs/errors for {missing:?}");
    assert!(orphaned.is_empty(), "no code for the pages {orphaned:?}");
}

#[test]
fn every_link_between_documents_leads_somewhere() {
    let mut pages = vec![];
    for name in ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"] {
        pages.push(workspace().join(name));
    }
    let mut folders = vec![workspace().join("docs")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                pages.push(path);
            }
        }
    }
    for page in pages {
        let text = fs::read_to_string(&page).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let target = link.split('#').next().unwrap();
            if target.is_empty() || target.contains("://") {
                continue;
            }
            assert!(page.parent().unwrap().join(target).exists(), "{} links to {target}", page.display());
        }
    }
}
