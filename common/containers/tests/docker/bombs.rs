//! Programs that try to take more than they are given: all of them end, with the true cause, and leave nothing.

use std::time::Duration;

use slipway_containers::Limits;
use slipway_protocol::evidence::Exit;

use crate::support::{Bench, DEBIAN, PYTHON, small, text};

#[tokio::test(flavor = "multi_thread")]
async fn a_memory_bomb_ends_as_out_of_memory() {
    let bench = Bench::new().await;
    let job = bench.job(PYTHON, "exec python3 -c 'x = []\nwhile True: x.append(bytearray(1 << 20))'").await;
    for _ in 0..5 {
        let finished = bench.run(&job).await.unwrap();
        assert_eq!(finished.exit, Exit::OutOfMemory { limit_bytes: small().memory }, "{}", text(&finished));
    }
    bench.done().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_kills_itself_is_not_out_of_memory() {
    let bench = Bench::new().await;
    let finished = bench.run(&bench.job(DEBIAN, "kill -9 $$").await).await.unwrap();
    assert_eq!(finished.exit, Exit::Code { code: 137 });
    let finished = bench.run(&bench.job(DEBIAN, "kill -9 $PPID; sleep 100").await).await.unwrap();
    assert_eq!(finished.exit, Exit::Code { code: 137 });
    bench.done().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fork_bomb_meets_the_limit_and_its_remains_do_not_change_the_result() {
    let bench = Bench::new().await;
    let script = "python3 -c '
import os, time
forks = 0
while True:
    try:
        if os.fork() == 0:
            time.sleep(1000)
        forks += 1
    except OSError:
        break
print(\"forks\", forks, flush=True)
open(\"/slipway/out/report\", \"w\").write(\"kept\")
os._exit(7)'";
    let mut job = bench.job(PYTHON, script).await;
    job.program.outputs = vec!["report".into()];
    let finished = bench.run(&job).await.unwrap();
    assert_eq!(finished.exit, Exit::Code { code: 7 }, "{}", text(&finished));
    assert!(text(&finished).starts_with("forks "), "{}", text(&finished));
    assert_eq!(finished.outputs["report"], b"kept");
    bench.done().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fork_bomb_that_never_ends_is_stopped() {
    let bench = Bench::new().await;
    let mut job = bench
        .job(PYTHON, "exec python3 -c 'import os\nwhile True:\n try: os.fork()\n except OSError: pass'")
        .await;
    job.program.limits = short();
    let finished = bench.run(&job).await.unwrap();
    assert_eq!(finished.exit, Exit::TimedOut { limit_ms: 3000 }, "{}", text(&finished));
    bench.done().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_an_error_to_the_program_alone() {
    let bench = Bench::new().await;
    let script = "for dir in /work /tmp /slipway; do cat /dev/zero 2>&1 >$dir/full; rm -f $dir/full; done; \
                  i=0; while true >/work/$i; do i=$((i+1)); done 2>&1; exit 4";
    let finished = bench.run(&bench.job(DEBIAN, script).await).await.unwrap();
    assert_eq!(finished.exit, Exit::Code { code: 4 }, "{}", text(&finished));
    assert_eq!(text(&finished).matches("No space left on device").count(), 4, "{}", text(&finished));
    bench.done().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn endless_printing_keeps_its_beginning_and_its_end() {
    let bench = Bench::new().await;
    let mut job = bench.job(DEBIAN, "echo first; exec yes").await;
    job.program.limits = short();
    let finished = bench.run(&job).await.unwrap();
    assert_eq!(finished.exit, Exit::TimedOut { limit_ms: 3000 });
    assert!(finished.log_truncated && finished.log.len() < small().log_bytes + 100);
    assert!(finished.log.starts_with(b"first\ny\n") && text(&finished).contains("bytes left out]"));
    bench.done().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_never_ends_and_ignores_every_signal_is_stopped() {
    let bench = Bench::new().await;
    let mut job = bench.job(DEBIAN, "trap '' TERM INT HUP; echo deaf; while :; do sleep 1; done").await;
    job.program.limits = short();
    let finished = bench.run(&job).await.unwrap();
    assert_eq!(finished.exit, Exit::TimedOut { limit_ms: 3000 });
    assert_eq!(text(&finished).lines().next(), Some("deaf"));
    bench.done().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_stops_its_parent_is_stopped_by_the_wall_clock() {
    let bench = Bench::new().await;
    let mut job = bench.job(DEBIAN, "kill -STOP $PPID").await;
    job.program.limits = short();
    assert_eq!(bench.run(&job).await.unwrap().exit, Exit::TimedOut { limit_ms: 3000 });
    bench.done().await;
}

fn short() -> Limits {
    Limits { wall_clock: Duration::from_secs(3), ..small() }
}
