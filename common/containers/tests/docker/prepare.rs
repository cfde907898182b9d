//! The prepare phase has a network and writes; the tests have neither and read what it left.

use slipway_containers::prepare::{self, Prepare};
use slipway_containers::sandbox;
use slipway_protocol::evidence::Exit;
use tokio_util::sync::CancellationToken;

use crate::support::{Bench, DEBIAN, PYTHON, shell, small, text, tree};

async fn prepare(bench: &Bench, image: &str, commands: &[&str]) -> Result<prepare::Prepared, sandbox::Error> {
    let prepare = Prepare {
        labels: bench.labels.clone(),
        image: bench.image(image).await,
        tree: tree(&[("requirements.txt", "colours\n")]),
        commands: commands.iter().map(|script| shell(script)).collect(),
        limits: small(),
    };
    prepare::run(&bench.docker, &prepare, &CancellationToken::new(), &mut |_| {}).await
}

#[tokio::test(flavor = "multi_thread")]
async fn tests_read_what_was_installed_and_cannot_change_it() {
    let bench = Bench::new().await;
    let write = "mkdir -p $PIP_TARGET && echo 'RED = 1' >$PIP_TARGET/colours.py && ls /sys/class/net && cat requirements.txt";
    let prepared = prepare(&bench, PYTHON, &[write, "echo second; id -u"]).await.unwrap();
    let printed = text(&prepared.finished);
    assert!(printed.contains("eth0") && printed.contains("colours\nsecond\n65532\n"), "{printed}");

    let script = "python3 -c 'import colours; print(colours.RED)'; touch /deps/x 2>/dev/null || echo read-only; \
                  ls /sys/class/net";
    let mut job = bench.job(PYTHON, script).await;
    job.program.env = prepare::environment();
    job.dependencies = Some(prepared.volume.clone());
    let finished = bench.run(&job).await.unwrap();
    assert_eq!(text(&finished), "1\nread-only\nlo\n");

    prepare::discard(&bench.docker, &prepared.volume).await.unwrap();
    let result = bench.run(&job).await;
    assert!(matches!(&result, Err(sandbox::Error::NoVolume { .. })), "{result:?}");
    bench.done().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn modules_that_an_installer_leaves_in_the_tree_are_found_by_the_tests() {
    let bench = Bench::new().await;
    let install = "mkdir -p node_modules/colours && echo 'export const RED = 1' >node_modules/colours/index.mjs && \
                   echo '{\"exports\": \"./index.mjs\"}' >node_modules/colours/package.json";
    let prepared = prepare(&bench, "node:20-slim", &[install]).await.unwrap();
    let mut job = bench
        .job("node:20-slim", "node --input-type=module -e 'import {RED} from \"colours\"; console.log(RED)'")
        .await;
    job.program.limits.memory = 512 * 1024 * 1024;
    job.dependencies = Some(prepared.volume.clone());
    let finished = bench.run(&job).await.unwrap();
    assert_eq!(text(&finished), "1\n");
    prepare::discard(&bench.docker, &prepared.volume).await.unwrap();
    bench.done().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_installation_that_fails_says_why_and_leaves_nothing() {
    let bench = Bench::new().await;
    let result = prepare(&bench, DEBIAN, &["echo no such package; exit 5", "echo not reached"]).await;
    let Err(sandbox::Error::Prepare { exit, log }) = result else { panic!("{result:?}") };
    assert_eq!((exit, log.as_str()), (Exit::Code { code: 5 }, "no such package"));
    bench.done().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_installation_leaves_nothing() {
    let bench = Bench::new().await;
    let prepare = Prepare {
        labels: bench.labels.clone(),
        image: bench.image(DEBIAN).await,
        tree: tree(&[]),
        commands: vec![shell("echo started; sleep 1000")],
        limits: small(),
    };
    let cancel = CancellationToken::new();
    let stop = cancel.clone();
    let result = prepare::run(&bench.docker, &prepare, &cancel, &mut move |_| stop.cancel()).await;
    assert!(matches!(result, Err(sandbox::Error::Cancelled)), "{result:?}");
    assert_eq!(bench.leftovers(), Vec::<String>::new());
    bench.done().await;
}
