//! The compose file, by the word of compose itself.

#![expect(clippy::unwrap_used, reason = "a helper that fails is its test's failure")]

use std::process::Command;

use slipway_containers::compose::{Application, Shape, compose_file, start};
use slipway_protocol::plan::Language;

/// What `docker compose config` makes of the file, as JSON.
fn accepted(application: &Application) -> String {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("compose.yaml"), compose_file(application).unwrap()).unwrap();
    let output = Command::new("docker")
        .args(["compose", "config", "--format", "json"])
        .current_dir(folder.path())
        .output()
        .expect("this test needs the docker program with its compose plugin");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().split_whitespace().collect()
}

#[test]
fn compose_takes_a_server_with_its_port_on_the_loopback_alone_and_no_rights() {
    for language in [Language::Python, Language::Node] {
        let shape = Shape::Server { port: 8080, health: "/healthz".into(), language };
        let application = Application { slug: "todo-app".into(), shape };
        let config = accepted(&application);
        for part in [
            "\"todo-app\":{",
            "\"cap_drop\":[\"ALL\"]",
            "\"read_only\":true",
            "\"no-new-privileges:true\"",
            "\"host_ip\":\"127.0.0.1\"",
            "\"published\":\"8080\"",
            "\"mem_limit\":\"268435456\"",
            "\"pids_limit\":128",
            "\"healthcheck\":{\"test\":[\"CMD\"",
            "/data:size=64m,mode=1777",
        ] {
            assert!(config.contains(part), "{part} is missing in {config}");
        }
        assert_eq!(start(&application), "docker compose up --build");
    }
}

#[test]
fn compose_takes_a_command_without_a_network() {
    let application = Application { slug: "tool".into(), shape: Shape::Command };
    let config = accepted(&application);
    assert!(config.contains("\"network_mode\":\"none\"") && !config.contains("ports"), "{config}");
    assert_eq!(start(&application), "docker compose run --build --rm tool --help");
}
