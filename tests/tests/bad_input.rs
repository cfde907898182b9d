//! Wrong input: a clear error that names the input and the way out, and the documented exit code.

use std::io::Write as _;
use std::process::Stdio;

use slipway_tests::Slipway;
use slipway_tests::program::succeed;

#[test]
fn wrong_words_on_the_command_line_exit_with_2() {
    let slipway = Slipway::without_docker();
    for args in [
        vec![],
        vec!["run"],
        vec!["run", "x", "--approvall", "manual"],
        vec!["run", ""],
        vec!["run", "  \n "],
        vec!["run", "a\u{7}b"],
        vec!["nonsense"],
        vec!["bench"],
        vec!["--config", "/nonexistent.toml", "list"],
        vec!["workflow", "check", "/nonexistent.yaml"],
        vec!["agents", "check", "/nonexistent.yaml"],
    ] {
        let ended = slipway.run(&args).expect(2);
        assert!(ended.out.is_empty() && !ended.err.is_empty(), "{args:?}");
    }
}

#[test]
fn a_prompt_of_a_megabyte_is_refused_by_its_size() {
    let slipway = Slipway::without_docker();
    let mut child = slipway.command(&["run", "-"]).stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || {
        let _closed_early = stdin.write_all(&vec![b'x'; 1 << 20]);
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(err.contains("65536") && err.contains("prompt.invalid"), "{err}");
}

#[test]
fn a_prompt_that_fits_nothing_is_refused_with_the_catalogue() {
    let slipway = Slipway::without_docker();
    for prompt in ["build a chess engine", "a todo app with login and payments", "build it"] {
        let ended = slipway.run(&["run", prompt]).expect(10);
        assert!(ended.out.contains("url-shortener") || ended.err.contains("url-shortener"), "{}", ended.err);
        let ended = slipway.run(&["run", prompt, "--json"]).expect(10);
        assert_eq!(ended.last_json()["status"], "failed");
    }
}

#[test]
fn an_unknown_task_exits_with_3() {
    let slipway = Slipway::without_docker();
    for command in ["show", "logs", "diff", "resume", "approve", "reject", "cancel"] {
        slipway.run(&[command, "deadbeef"]).expect(3);
        slipway.run(&[command]).expect(3);
    }
    slipway.run(&["agents", "show", "nobody"]).expect(3);
}

#[test]
fn nothing_to_run_tests_with_is_refused_before_planning() {
    let mut slipway = Slipway::without_docker();
    slipway.set("PATH", "/nonexistent");
    let ended = slipway.run(&["run", "build a todo app"]).expect(6);
    for word in ["Docker", "python3", "node", "install"] {
        assert!(ended.err.contains(word), "{}", ended.err);
    }
    assert!(std::fs::read_dir(slipway.data().join("runs")).unwrap().next().is_none(), "a run was begun");
    slipway.run(&["run", "build a todo app", "--sandbox", "docker"]).expect(6);
    slipway.run(&["preview", "list"]).expect(6);
    slipway.run(&["doctor"]).expect(1);
}

#[test]
fn a_data_directory_that_cannot_be_written_is_named() {
    let slipway = Slipway::without_docker();
    let file = slipway.data().join("file");
    std::fs::write(&file, "x").unwrap();
    for place in [file.join("below"), "/proc/slipway".into()] {
        let ended =
            slipway.run(&["run", "build a todo app", "--data-dir", place.to_str().unwrap()]).expect(1);
        assert!(
            ended.err.contains(place.to_str().unwrap()) && ended.err.contains("data.io"),
            "{}",
            ended.err
        );
    }
}

#[test]
fn settings_are_checked_by_name() {
    let mut slipway = Slipway::without_docker();
    slipway.run(&["config", "check"]).expect(0);
    let shown = slipway.run(&["config", "show", "--json"]).expect(0).last_json();
    assert!(shown["items"].as_array().unwrap().iter().any(|item| item["id"] == "sandbox.memory_mb"));
    slipway.set("SLIPWAY_SANDBOX__MEMORY", "12");
    let ended = slipway.run(&["config", "check"]).expect(2);
    assert!(
        ended.err.contains("SLIPWAY_SANDBOX__MEMORY") && ended.err.contains("sandbox.memory_mb"),
        "{}",
        ended.err
    );
    slipway.set("SLIPWAY_SANDBOX__MEMORY", "");
    let mut slipway = Slipway::without_docker();
    slipway.set("SLIPWAY_SANDBOX__CPUS", "0");
    assert!(slipway.run(&["config", "check"]).expect(2).err.contains("sandbox.cpus"));
}

#[test]
fn broken_definitions_are_refused_with_line_and_field() {
    let slipway = Slipway::without_docker();
    let broken = slipway.data().join("broken.yaml");
    let good = std::fs::read_to_string(
        slipway_tests::program::workspace().join("common/workflow/workflows/delivery.yaml"),
    )
    .unwrap();
    std::fs::write(&broken, good.replace("agent: tester", "agent: testre")).unwrap();
    let ended = slipway.run(&["workflow", "check", broken.to_str().unwrap()]).expect(2);
    assert!(ended.err.contains("testre") && ended.err.contains("broken.yaml:"), "{}", ended.err);
    slipway.run(&["workflow", "check"]).expect(0);
    assert!(slipway.run(&["workflow", "graph"]).expect(0).out.contains("flowchart"));
}

#[test]
fn a_repository_that_is_none_is_refused() {
    let slipway = Slipway::without_docker();
    let folder = slipway.data().join("plain");
    std::fs::create_dir(&folder).unwrap();
    for repository in [folder.to_str().unwrap(), "/nonexistent", "ext::sh -c id", "--upload-pack=x"] {
        let ended = slipway.run(&["run", "build a todo app", &format!("--repo={repository}")]).expect(2);
        assert!(ended.err.contains("git."), "{repository}: {}", ended.err);
    }
}

#[test]
fn a_full_disk_is_reported_and_the_run_goes_on_when_there_is_room() {
    let slipway = Slipway::without_docker();
    let small = slipway.data().join("small");
    std::fs::create_dir(&small).unwrap();
    let path = small.to_str().unwrap();
    succeed("mount", &["-t", "tmpfs", "-o", "size=200k", "none", path], slipway.data());
    let full = slipway.run(&["run", "build a todo app", "--data-dir", path]);
    succeed("mount", &["-o", "remount,size=200m", path], slipway.data());
    let resumed = slipway.run(&["resume", "--data-dir", path, "--json"]);
    succeed("umount", &[path], slipway.data());
    assert_ne!(full.code, Some(0), "{}", full.err);
    assert!(full.code.is_some_and(|code| code != 101), "{}", full.err);
    resumed.expect(0);
}
