//! What a program sees from the inside of a sandbox, what goes in and what comes out.

use std::sync::Mutex;

use slipway_containers::{Image, docker, sandbox};
use slipway_protocol::evidence::Exit;
use tokio_util::sync::CancellationToken;

use crate::support::{Bench, DEBIAN, PYTHON, shell, small, text, tree, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_program_has_no_rights_and_no_network_and_nothing_of_the_host() {
    let bench = Bench::new().await;
    let script = "id -u; id -g; grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status; ls /sys/class/net; \
                  ls /dev/shm /slipway; env | cut -d= -f1 | sort | tr '\\n' ' '; echo; \
                  ulimit -n; ulimit -c; cat /proc/self/oom_score_adj; hostname; \
                  cut -d' ' -f2,4 /proc/mounts | grep -E '^/(work|tmp|slipway|) '";
    let printed = bench.print(DEBIAN, script).await;
    let lines: Vec<&str> = printed.lines().collect();
    assert_eq!(lines[..2], ["65532", "65532"], "{printed}");
    for set in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
        assert!(printed.contains(&format!("{set}:\t0000000000000000")), "{printed}");
    }
    assert!(printed.contains("NoNewPrivs:\t1") && printed.contains("Seccomp:\t2"), "{printed}");
    assert!(lines.contains(&"lo") && !printed.contains("eth0"), "{printed}");
    assert!(lines.contains(&"1024") && lines.contains(&"sandbox"), "{printed}");
    assert!(
        std::env::var("CARGO_MANIFEST_DIR").is_ok() && !printed.contains("CARGO_MANIFEST_DIR"),
        "{printed}"
    );
    let mounted =
        |path: &str| lines.iter().find(|line| line.starts_with(&format!("{path} "))).copied().unwrap();
    assert!(mounted("/").contains("ro,"), "{printed}");
    assert!(
        mounted("/work").contains("rw,nosuid,nodev") && !mounted("/work").contains("noexec"),
        "{printed}"
    );
    assert!(mounted("/work").contains("size=16384k") && mounted("/work").contains("nr_inodes="), "{printed}");
    assert!(mounted("/tmp").contains("noexec") && mounted("/slipway").contains("noexec"), "{printed}");
    bench.done().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_needs_more_rights_is_refused() {
    let bench = Bench::new().await;
    let script = "for try in 'touch /etc/x' 'unshare -r true' 'mount -t tmpfs x /tmp' 'chroot / true' \
                  'mknod /work/n c 1 3' 'nice -n -5 true 2>&1 | grep -q . && false' 'ulimit -n 4096'; do \
                  sh -c \"$try\" >/dev/null 2>&1 && echo \"could: $try\"; done; \
                  cp /bin/true /tmp/t && /tmp/t 2>/dev/null && echo 'could: run from /tmp'; \
                  cp /bin/true /work/t && /work/t && echo runs-from-work";
    assert_eq!(bench.print(DEBIAN, script).await, "runs-from-work\n");
    bench.done().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tree_goes_in_and_only_wanted_regular_files_come_out() {
    let bench = Bench::new().await;
    let script = "cat a.txt deep/b.txt /slipway/report.py >/slipway/out/report.xml; echo out; echo err >&2; \
                  ln -s /etc/passwd /slipway/out/link; mkfifo /slipway/out/pipe; echo no >/slipway/out/other; exit 3";
    let mut job = bench.job(DEBIAN, script).await;
    job.program.tree = tree(&[("a.txt", "a"), ("deep/b.txt", "b")]);
    job.program.extra = vec![("report.py".into(), b"r".to_vec())];
    job.program.outputs = ["report.xml", "link", "pipe", "missing"].map(str::to_owned).to_vec();
    let heard = Mutex::new(Vec::new());
    let mut on_log = |piece: &[u8]| heard.lock().unwrap().extend_from_slice(piece);
    let finished = sandbox::run(&bench.docker, &job, &CancellationToken::new(), &mut on_log).await.unwrap();
    assert_eq!(finished.exit, Exit::Code { code: 3 });
    assert_eq!((text(&finished).as_str(), finished.log_truncated), ("out\nerr\n", false));
    assert_eq!(
        finished.outputs.into_iter().collect::<Vec<_>>(),
        [("report.xml".to_owned(), b"abr".to_vec())]
    );
    assert_eq!(*heard.lock().unwrap(), finished.log);
    bench.done().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_that_a_program_forges_or_swells_brings_nothing_back() {
    let bench = Bench::new().await;
    for script in [
        "truncate -s 9000000 /slipway/out/report.xml",
        "for fd in /proc/$PPID/fd/*; do printf 'no archive' >$fd; done; echo x >/slipway/out/report.xml",
    ] {
        let mut job = bench.job(DEBIAN, script).await;
        job.program.outputs = vec!["report.xml".into()];
        let finished = bench.run(&job).await.unwrap();
        assert!(finished.outputs.is_empty(), "{script}: {}", text(&finished));
        assert!(
            text(&finished).contains("[slipway: nothing was brought back"),
            "{script}: {}",
            text(&finished)
        );
    }
    bench.done().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_in_the_foreground_still_hears_an_interrupt() {
    let bench = Bench::new().await;
    let script =
        "python3 -c 'import signal; print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)'";
    assert_eq!(bench.print(PYTHON, script).await, "True\n");
    bench.done().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn loopback_works_without_a_network() {
    let bench = Bench::new().await;
    let script = "python3 -c 'import socket; s = socket.create_server((\"127.0.0.1\", 0)); \
                  socket.create_connection(s.getsockname()); print(\"up\")'";
    assert_eq!(bench.print(PYTHON, script).await, "up\n");
    bench.done().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_sandbox_is_removed() {
    let bench = Bench::new().await;
    let job = bench.job(DEBIAN, "echo started; sleep 1000").await;
    let cancel = CancellationToken::new();
    let stop = cancel.clone();
    let result = sandbox::run(&bench.docker, &job, &cancel, &mut move |_| stop.cancel()).await;
    assert!(matches!(result, Err(sandbox::Error::Cancelled)), "{result:?}");
    assert_eq!(bench.leftovers(), Vec::<String>::new());
    bench.done().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sandbox_whose_future_is_dropped_is_removed_in_the_background() {
    let bench = Bench::new().await;
    let job = bench.job(DEBIAN, "sleep 1000").await;
    let cancel = CancellationToken::new();
    let mut ignore = |_: &[u8]| {};
    {
        let mut running = Box::pin(sandbox::run(&bench.docker, &job, &cancel, &mut ignore));
        tokio::select! {
            result = &mut running => panic!("it ended: {result:?}"),
            () = until("it runs", || !bench.leftovers().is_empty()) => {}
        }
    }
    bench.done().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_without_a_shell_or_a_tree_that_does_not_fit_is_an_error_and_no_result() {
    let bench = Bench::new().await;
    let mut job = bench.job(DEBIAN, "true").await;
    job.program.tree = tree(&[("large", &"x".repeat(20 * 1024 * 1024))]);
    let result = bench.run(&job).await;
    assert!(
        matches!(&result, Err(sandbox::Error::SetUp { log }) if log.contains("tar: work/large")),
        "{result:?}"
    );
    job.program.tree = tree(&[]);
    job.program.command = shell("true");
    job.image = Image { name: "gone".into(), id: format!("sha256:{}", "0".repeat(64)) };
    let result = bench.run(&job).await;
    assert!(matches!(result, Err(sandbox::Error::Engine(_))), "{result:?}");
    bench.done().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_brings_a_volume_of_its_own_fails_closed() {
    let bench = Bench::new().await;
    let job = bench.job("postgres:17", "true").await;
    let result = bench.run(&job).await;
    assert!(
        matches!(&result, Err(sandbox::Error::Profile { differences }) if differences[0].contains("mounts")),
        "{result:?}"
    );
    bench.done().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_image_is_named_with_the_way_out() {
    let bench = Bench::new().await;
    let error = bench.docker.image("slipway-no-such:1", false, &mut |_| {}).await.unwrap_err();
    assert!(matches!(error, docker::Error::NoImage { .. }));
    assert!(error.to_string().contains("docker pull slipway-no-such:1"), "{error}");
    assert!(error.to_string().contains("--sandbox process"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_is_not_there_is_named() {
    let error = slipway_containers::Docker::connect_to("unix:///no/such.sock").await.unwrap_err();
    assert!(error.to_string().contains("/no/such.sock"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn more_processors_than_the_host_has_are_given_as_many_as_it_has() {
    let bench = Bench::new().await;
    let mut job = bench.job(DEBIAN, "true").await;
    job.program.limits = slipway_containers::Limits { cpus: 500.0, ..small() };
    assert!(bench.run(&job).await.unwrap().exit.is_success());
    bench.done().await;
}
