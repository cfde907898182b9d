//! Programs that run as limited processes of this host.

#![expect(clippy::unwrap_used, reason = "a helper that fails is its test's failure")]

use std::time::Duration;

use slipway_containers::process::{self, Error, Ran};
use slipway_containers::{Layout, Limits, Program};
use slipway_protocol::evidence::Exit;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

struct Host {
    folder: TempDir,
}

impl Host {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn program(script: &str) -> Program {
        let command = ["sh", "-c", script].map(str::to_owned).to_vec();
        let limits = Limits { wall_clock: Duration::from_mins(1), log_bytes: 4096, ..Limits::default() };
        Program { command, limits, outputs: vec!["report".into()], ..Program::default() }
    }

    async fn run(&self, program: &Program) -> Result<Ran, Error> {
        process::run(program, self.folder.path(), &CancellationToken::new(), &mut |_| {}).await
    }

    async fn print(&self, script: &str) -> String {
        let ran = self.run(&Self::program(script)).await.unwrap();
        assert_eq!(ran.finished.exit, Exit::Code { code: 0 }, "{}", text(&ran));
        text(&ran)
    }

    /// The processes whose command line holds this test's folder.
    fn processes(&self) -> Vec<String> {
        let own = std::process::id().to_string();
        let mark = self.folder.path().display().to_string();
        let all = std::fs::read_dir("/proc").unwrap().flatten();
        let ids = all.filter_map(|entry| entry.file_name().into_string().ok());
        ids.filter(|id| *id != own && id.bytes().all(|byte| byte.is_ascii_digit()))
            .filter_map(|id| std::fs::read(format!("/proc/{id}/cmdline")).ok())
            .map(|line| String::from_utf8_lossy(&line).replace('\0', " "))
            .filter(|line| line.contains(&mark))
            .collect()
    }

    async fn nothing_runs(&self) {
        for _ in 0..100 {
            if self.processes().is_empty() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("still running: {:?}", self.processes());
    }
}

fn text(ran: &Ran) -> String {
    String::from_utf8_lossy(&ran.finished.log).into_owned()
}

#[tokio::test]
async fn the_tree_goes_in_the_report_comes_out_and_the_exit_is_true() {
    let host = Host::new();
    let layout = Layout::under(host.folder.path());
    let mut program = Host::program("cat a.txt $OURS/r.txt >$OURS/out/report; pwd; echo err >&2; exit 3");
    let mut tree = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_mode(0o644);
    header.set_size(1);
    tree.append_data(&mut header, "a.txt", &b"a"[..]).unwrap();
    program.tree = tree.into_inner().unwrap();
    program.extra = vec![("r.txt".into(), b"r".to_vec())];
    program.env = vec![("OURS".into(), layout.slipway.display().to_string())];
    let ran = host.run(&program).await.unwrap();
    assert_eq!(ran.finished.exit, Exit::Code { code: 3 });
    assert_eq!(text(&ran), format!("{}\nerr\n", layout.work.display()));
    assert_eq!(ran.finished.outputs["report"], b"ar");
}

#[tokio::test]
async fn nothing_of_the_environment_is_passed_on_but_the_path() {
    let host = Host::new();
    let names = host.print("env | cut -d= -f1 | grep -vE '^(_|OLDPWD|SHLVL)$' | sort | tr '\\n' ' '; read line || echo no input").await;
    assert_eq!(names, "CI HOME LANG PATH PWD SLIPWAY_PROCESS TMPDIR TZ no input\n");
}

#[tokio::test]
async fn limits_hold_from_inside() {
    let host = Host::new();
    let limits = host.print("ulimit -c; ulimit -n; ulimit -f; ulimit -d; ulimit -t").await;
    let expected = Limits::default();
    let seconds = 61;
    assert_eq!(
        limits,
        format!("0\n1024\n{}\n{}\n{seconds}\n", expected.work_bytes / 512, expected.memory / 1024)
    );
}

#[tokio::test]
async fn a_memory_bomb_fails_alone() {
    let host = Host::new();
    let mut program = Host::program("python3 -c 'bytearray(1 << 30)' 2>&1 | grep -c MemoryError");
    program.limits.memory = 256 * 1024 * 1024;
    assert_eq!(text(&host.run(&program).await.unwrap()), "1\n");
}

#[tokio::test]
async fn what_this_host_can_keep_it_from_it_is_kept_from_and_told() {
    let host = Host::new();
    let ran = host.run(&Host::program("tail -n +3 /proc/net/dev | cut -d: -f1")).await.unwrap();
    let interfaces: Vec<String> = text(&ran).lines().map(|line| line.trim().to_owned()).collect();
    assert_eq!(ran.confinement.no_network, interfaces == ["lo"], "{interfaces:?}");
    assert_eq!(ran.confinement.as_root, rustix::process::geteuid().is_root());
}

#[tokio::test]
async fn loopback_works_whatever_the_network() {
    let script = "python3 -c 'import socket; s = socket.create_server((\"127.0.0.1\", 0)); \
                  socket.create_connection(s.getsockname()); print(\"up\")'";
    assert_eq!(Host::new().print(script).await, "up\n");
}

#[tokio::test]
async fn a_program_that_never_ends_is_stopped_with_all_that_left_its_session() {
    let host = Host::new();
    let mark = host.folder.path().display();
    let mut program = Host::program(&format!(
        "trap '' TERM; setsid sh -c 'trap \"\" TERM HUP; echo away; sleep 1000; : {mark}' & sleep 1000; : {mark}"
    ));
    program.limits.wall_clock = Duration::from_secs(2);
    let ran = host.run(&program).await.unwrap();
    assert_eq!(ran.finished.exit, Exit::TimedOut { limit_ms: 2000 });
    assert_eq!(text(&ran), "away\n");
    host.nothing_runs().await;
}

#[tokio::test]
async fn what_a_finished_program_left_running_does_not_hold_up_its_result() {
    let host = Host::new();
    let mark = host.folder.path().display();
    let script = format!("setsid sh -c 'echo left; sleep 1000; : {mark}' & sleep 0.5; exit 5");
    let ran = host.run(&Host::program(&script)).await.unwrap();
    assert_eq!(ran.finished.exit, Exit::Code { code: 5 });
    host.nothing_runs().await;
}

#[tokio::test]
async fn a_signal_is_told_as_a_shell_tells_it() {
    let ran = Host::new().run(&Host::program("kill -9 $$")).await.unwrap();
    assert_eq!(ran.finished.exit, Exit::Code { code: 137 });
}

#[tokio::test]
async fn endless_printing_keeps_its_beginning_and_its_end() {
    let mut program = Host::program("echo first; exec yes");
    program.limits.wall_clock = Duration::from_secs(1);
    let ran = Host::new().run(&program).await.unwrap();
    assert!(ran.finished.log_truncated && ran.finished.log.len() < 4096 + 100);
    assert!(text(&ran).starts_with("first\ny\n"));
}

#[tokio::test]
async fn a_cancelled_or_dropped_program_leaves_nothing() {
    let host = Host::new();
    let mark = host.folder.path().display().to_string();
    let program =
        Host::program(&format!("setsid sh -c 'sleep 1000; : {mark}' & echo up; sleep 1000; : {mark}"));
    let cancel = CancellationToken::new();
    let stop = cancel.clone();
    let result = process::run(&program, host.folder.path(), &cancel, &mut move |_| stop.cancel()).await;
    assert!(matches!(result, Err(Error::Cancelled)), "{result:?}");
    host.nothing_runs().await;

    let (up, mut is_up) = tokio::sync::mpsc::unbounded_channel();
    let never = CancellationToken::new();
    let mut on_log = move |_: &[u8]| up.send(()).unwrap();
    tokio::select! {
        result = process::run(&program, host.folder.path(), &never, &mut on_log) => panic!("{result:?}"),
        heard = is_up.recv() => heard.unwrap(),
    }
    host.nothing_runs().await;
}

#[tokio::test]
async fn a_program_that_does_not_exist_is_a_result() {
    let mut program = Host::program("true");
    program.command = vec!["/no/such/program".into()];
    assert_eq!(Host::new().run(&program).await.unwrap().finished.exit, Exit::Code { code: 127 });
}
