//! What is on Docker, seen through its own command and not through Slipway's code.

use std::process::Command;

/// Fails with what to install when Docker does not answer: a test that needs it never passes by skipping.
pub fn require() {
    let answers = Command::new("docker").arg("info").output().is_ok_and(|output| output.status.success());
    assert!(answers, "this test needs Docker, and `docker info` fails: start the engine or install docker");
}

fn docker(args: &[&str]) -> Vec<String> {
    let output = Command::new("docker").args(args).output().expect("docker is installed; `require` looked");
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

fn label(owner: &str) -> String {
    format!("label=slipway.owner={owner}")
}

/// Sandbox containers and volumes of an owner.
pub fn sandboxes(owner: &str) -> Vec<String> {
    let mut left = docker(&["ps", "-aq", "--filter", &label(owner), "--filter", "label=slipway.kind=sandbox"]);
    left.extend(docker(&["volume", "ls", "-q", "--filter", &label(owner)]));
    left
}

/// Preview containers of an owner.
pub fn previews(owner: &str) -> Vec<String> {
    docker(&["ps", "-aq", "--filter", &label(owner), "--filter", "label=slipway.kind=preview"])
}

/// Removes whatever bears the owner's label.
pub fn remove_all(owner: &str) {
    for id in docker(&["ps", "-aq", "--filter", &label(owner)]) {
        docker(&["rm", "-fv", &id]);
    }
    for (kind, remove) in [("volume", "volume"), ("network", "network"), ("images", "rmi")] {
        let listed = match kind {
            "images" => docker(&["images", "-q", "--filter", &label(owner)]),
            other => docker(&[other, "ls", "-q", "--filter", &label(owner)]),
        };
        for id in listed {
            match remove {
                "rmi" => docker(&["rmi", "-f", &id]),
                other => docker(&[other, "rm", "-f", &id]),
            };
        }
    }
}
