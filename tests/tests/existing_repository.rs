//! `--repo`: work on a repository that was there before.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::path::{Path, PathBuf};

use slipway_tests::Slipway;
use slipway_tests::program::succeed;

/// A repository with one commit, one other branch, and hooks that would leave a trace.
fn repository(folder: &Path, files: &[(&str, &str)]) -> PathBuf {
    let path = folder.join("theirs");
    std::fs::create_dir(&path).unwrap();
    let git = |args: &[&str]| succeed("git", args, &path);
    git(&["init", "-q", "-b", "trunk"]);
    for (name, content) in files {
        let file = path.join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, content).unwrap();
    }
    git(&["add", "-A"]);
    git(&["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "commit", "-qm", "Begin"]);
    git(&["branch", "other"]);
    for hook in
        ["pre-receive", "update", "post-receive", "reference-transaction", "post-checkout", "pre-push"]
    {
        let file = path.join(".git/hooks").join(hook);
        std::fs::write(&file, "#!/bin/sh\ntouch \"$(dirname \"$0\")/../ran\"\n").unwrap();
        succeed("chmod", &["+x", file.to_str().unwrap()], &path);
    }
    path
}

#[test]
fn the_work_arrives_on_its_own_branch_and_all_else_is_as_it_was() {
    let slipway = Slipway::without_docker();
    let theirs = repository(
        slipway.data(),
        &[("README.md", "ours\n"), ("src/old.txt", "old\n"), (".gitattributes", "* filter=evil\n")],
    );
    succeed("git", &["config", "filter.evil.clean", "touch ran"], &theirs);
    let before = succeed("git", &["show-ref", "--heads"], &theirs);
    let summary = slipway
        .run(&[
            "run",
            "build a hello world app",
            "--sandbox",
            "process",
            "--repo",
            theirs.to_str().unwrap(),
            "--json",
        ])
        .expect(0)
        .last_json();
    let branch = summary["branch"].as_str().unwrap();
    let after = succeed("git", &["show-ref", "--heads"], &theirs);
    let others: Vec<&str> = after.lines().filter(|line| !line.ends_with(branch)).collect();
    assert_eq!(others, before.lines().collect::<Vec<_>>());
    assert_eq!(succeed("git", &["rev-parse", branch], &theirs).trim(), summary["commit"].as_str().unwrap());
    assert_eq!(succeed("git", &["show", &format!("{branch}:README.md")], &theirs), "ours\n");
    assert_eq!(succeed("git", &["show", &format!("{branch}:src/old.txt")], &theirs), "old\n");
    assert!(!theirs.join(".git/ran").exists(), "a hook ran");
    assert!(!theirs.join("ran").exists(), "a filter ran");
}

#[test]
fn files_that_slipway_did_not_make_are_not_overwritten() {
    for files in
        [&[("plan.yaml", "mine")][..], &[("architecture/notes.md", "mine")], &[("backend/store.py", "mine")]]
    {
        let slipway = Slipway::without_docker();
        let theirs = repository(slipway.data(), files);
        let ended = slipway
            .run(&["run", "build a todo app", "--sandbox", "process", "--repo", theirs.to_str().unwrap()])
            .expect(7);
        assert!(ended.out.contains(files[0].0), "{}", ended.out);
    }
}

#[test]
fn a_second_task_builds_on_what_the_first_one_left() {
    let slipway = Slipway::without_docker();
    let theirs = repository(slipway.data(), &[("README.md", "ours\n")]);
    let repo = theirs.to_str().unwrap();
    let first = slipway
        .run(&["run", "build a hello world app", "--sandbox", "process", "--repo", repo, "--json"])
        .expect(0)
        .last_json();
    succeed("git", &["merge", "-q", "--ff-only", first["branch"].as_str().unwrap()], &theirs);
    let second = slipway
        .run(&[
            "run",
            "build a hello world app called Again",
            "--sandbox",
            "process",
            "--repo",
            repo,
            "--json",
        ])
        .expect(0)
        .last_json();
    assert_eq!(second["status"], "completed");
    assert_ne!(first["branch"], second["branch"]);
}

#[test]
fn code_that_was_there_before_is_not_run_without_a_container_unasked() {
    let slipway = Slipway::without_docker();
    let sprung = slipway.data().join("sprung");
    let trap = format!("import pathlib\npathlib.Path('{}').touch()\n", sprung.display());
    let theirs = repository(slipway.data(), &[("tests/test_trap.py", trap.as_str())]);
    let repo = format!("--repo={}", theirs.display());
    let ended = slipway.run(&["run", "build a hello world app", &repo]).expect(7);
    assert!(ended.out.contains("--sandbox process"), "{}", ended.out);
    assert!(!sprung.exists(), "foreign code ran on the host");
}
