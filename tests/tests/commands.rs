//! The commands that look and measure: what they print for people and for programs.

use serde_json::Value;
use slipway_tests::Slipway;

fn items(slipway: &Slipway, args: &[&str]) -> Vec<Value> {
    let printed = slipway.run(args).expect(0).last_json();
    printed["items"].as_array().unwrap_or_else(|| panic!("{args:?} prints no list: {printed}")).clone()
}

#[test]
fn every_list_has_an_id_and_a_status_in_each_item() {
    let slipway = Slipway::with_docker();
    slipway.run(&["run", "build a hello world app", "--preview", "compose_only"]).expect(0);
    for args in [
        &["list", "--json"][..],
        &["blueprints", "--json"],
        &["agents", "list", "--json"],
        &["config", "show", "--json"],
        &["doctor", "--json"],
    ] {
        let items = items(&slipway, args);
        assert!(!items.is_empty(), "{args:?}");
        for item in items {
            assert!(item["id"].is_string() && item["status"].is_string(), "{args:?}: {item}");
        }
    }
    assert!(items(&slipway, &["preview", "list", "--json"]).is_empty());
}

#[test]
fn the_catalogue_has_eight_kinds_in_two_languages() {
    let slipway = Slipway::without_docker();
    let items = items(&slipway, &["blueprints", "--json"]);
    assert!(items.len() >= 8);
    for item in items {
        assert_eq!(item["languages"].as_array().unwrap().len(), 2, "{item}");
        assert!(item["examples"].as_array().unwrap().len() >= 3, "{item}");
    }
}

#[test]
fn the_benchmark_ends_with_its_three_figures() {
    let slipway = Slipway::without_docker();
    let figures = slipway.run(&["bench", "--sequential", "--runs", "2", "--json"]).expect(0).last_json();
    let figure = |name: &str| figures[name].as_f64().unwrap_or_else(|| panic!("no {name} in {figures}"));
    let (runs, flushes) = (figure("runs_per_s"), figure("flush_only_runs_per_s"));
    assert!(runs > 0.0 && flushes > 0.0);
    assert!((figure("ratio_to_flushes") - runs / flushes).abs() < 1e-6);
    let left: Vec<_> = std::fs::read_dir(slipway.data())
        .unwrap()
        .filter_map(|e| e.unwrap().file_name().into_string().ok())
        .collect();
    assert!(left.iter().all(|name| !name.starts_with("bench-")), "{left:?}");
}

#[test]
fn agents_and_workflows_are_shown_and_checked() {
    let slipway = Slipway::without_docker();
    let folder = slipway_tests::program::workspace().join("common");
    for agent in ["planner", "architect", "coder", "tester", "reviewer", "deployer"] {
        assert!(slipway.run(&["agents", "show", agent]).expect(0).out.contains("goals"));
        let file = folder.join(format!("agents/definitions/{agent}.yaml"));
        slipway.run(&["agents", "check", file.to_str().unwrap()]).expect(0);
    }
    let graph = slipway.run(&["workflow", "graph", "--json"]).expect(0).last_json();
    assert!(graph["mermaid"].as_str().unwrap().contains("deploy"));
}

#[test]
fn completions_are_printed_for_every_shell() {
    let slipway = Slipway::without_docker();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(slipway.run(&["completions", shell]).expect(0).out.contains("slipway"), "{shell}");
    }
}

#[test]
fn a_failed_command_says_so_in_json_too() {
    let slipway = Slipway::without_docker();
    let error = slipway.run(&["show", "deadbeef", "--json"]).expect(3).last_json();
    assert_eq!(error["error"]["code"], "task.not-found");
    assert_eq!(error["error"]["exit_code"], 3);
}
