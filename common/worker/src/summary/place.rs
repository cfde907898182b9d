//! Where a task's results are to be had, as whoever sums them up knows it. No file is looked for here.

use std::collections::BTreeMap;

use slipway_protocol::TaskId;
use slipway_workflow::Run;

use super::Reach;

/// Where a task's results are to be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The repository that a person clones: a path or a URL.
    pub repository: String,
    /// Where each artefact is to be had, by its name: a path or a URL.
    pub artefacts: BTreeMap<String, String>,
    /// How the commands that go on from here reach the task.
    pub reach: Reach,
}

impl Place {
    /// The place of a task that a fleet keeps.
    ///
    /// `repository` is the URL that people clone. `server` is the address under which the reader reached the HTTP
    /// surface, such as `http://127.0.0.1:8001`: the artefacts that `run` has accepted are named below it.
    pub fn in_fleet(task: TaskId, run: Option<&Run>, repository: &str, server: &str) -> Self {
        let server = server.trim_end_matches('/');
        let names = run.into_iter().flat_map(Run::results).flat_map(|result| &result.accepted.artefacts);
        let artefacts = names
            .map(|artefact| {
                let name = &artefact.name;
                (name.clone(), format!("{server}/api/tasks/{task}/artefacts/{name}"))
            })
            .collect();
        Self { repository: repository.to_owned(), artefacts, reach: Reach::Fleet { flags: String::new() } }
    }
}
