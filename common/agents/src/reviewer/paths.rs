//! Checks `forbidden-path`, `size` and `needs-person`: what a change may touch, how much, and what a person must see.

use slipway_protocol::report::{Finding, Severity};
use slipway_protocol::work::FileChange;

use super::{blocking, finding};

/// Files in a change, at most.
const FILES: usize = 500;
/// Bytes of a change's files, at most.
const BYTES: usize = 10 * 1024 * 1024;
const REGULAR: [u32; 2] = [0o100_644, 0o100_755];

pub(super) fn check(changes: &[FileChange]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = changes.iter().filter_map(forbidden).collect();
    findings.extend(changes.iter().filter_map(needs_person));
    findings.extend(size(changes));
    findings
}

fn forbidden(change: &FileChange) -> Option<Finding> {
    change.after.as_ref()?;
    let path = change.path.to_lowercase();
    let name = path.rsplit('/').next().unwrap_or(&path);
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let problem = if !REGULAR.contains(&change.mode) {
        "it is no regular file"
    } else if matches!(extension, "pem" | "key" | "p12" | "pfx" | "jks" | "keystore")
        || name.starts_with("id_rsa")
    {
        "key material does not belong in a repository"
    } else if name == ".env" || (name.starts_with(".env.") && name != ".env.example") {
        "settings of one machine do not belong in a repository"
    } else if path.split('/').any(|part| matches!(part, "node_modules" | "__pycache__" | ".venv")) {
        "it is made by a tool and not written"
    } else {
        return None;
    };
    Some(blocking("forbidden-path", format!("{problem}; remove it"), Some(&change.path)))
}

fn needs_person(change: &FileChange) -> Option<Finding> {
    let path = change.path.to_lowercase();
    let name = path.rsplit('/').next().unwrap_or(&path);
    let reason = if path.starts_with(".github/")
        || path.starts_with(".circleci/")
        || path.starts_with(".gitlab")
        || matches!(name, "jenkinsfile" | "azure-pipelines.yml" | "bitbucket-pipelines.yml")
    {
        "it changes what the build servers run"
    } else if matches!(name, ".gitattributes" | ".lfsconfig" | "codeowners") {
        "it changes how Git or its host treats the repository"
    } else if path.starts_with(".husky/") || name == ".pre-commit-config.yaml" || name == "lefthook.yml" {
        "it runs on developers' machines at each commit"
    } else if matches!(name, "agents.md" | "claude.md" | ".mcp.json" | ".cursorrules")
        || path.starts_with(".vscode/")
        || path.starts_with(".idea/")
        || path.starts_with(".devcontainer/")
    {
        "it instructs developers' tools"
    } else if name == "package.json" && has_install_script(change) {
        "it runs a script when it is installed"
    } else {
        return None;
    };
    let message = format!("{reason}; a person must approve it");
    Some(finding("needs-person", Severity::NeedsPerson, message, Some(&change.path)))
}

fn has_install_script(change: &FileChange) -> bool {
    let text = change.after.as_deref().map(String::from_utf8_lossy).unwrap_or_default();
    ["\"preinstall\"", "\"install\"", "\"postinstall\"", "\"prepare\""].iter().any(|key| text.contains(key))
}

fn size(changes: &[FileChange]) -> Option<Finding> {
    let bytes: usize = changes.iter().filter_map(|change| change.after.as_ref()).map(Vec::len).sum();
    if changes.len() <= FILES && bytes <= BYTES {
        return None;
    }
    let message =
        format!("{} files and {bytes} bytes; at most {FILES} and {BYTES} are reviewed", changes.len());
    Some(blocking("size", message, None))
}
