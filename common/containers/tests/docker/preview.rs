//! Previews from a Dockerfile to an answer, and back to nothing.

use std::time::Duration;

use slipway_containers::preview::{self, Deployed, Error, Limits, Preview, Shape, deploy};
use slipway_containers::sweep::{list, stop};
use time::macros::datetime;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_util::sync::CancellationToken;

use crate::support::{Bench, docker_cli, tree, until};

const SERVER: &str = "import http.server, os
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'hello from %d' % os.getuid())
open('/data/kept', 'w').write('x')
http.server.HTTPServer(('0.0.0.0', 8080), Handler).serve_forever()
";
const DOCKERFILE: &str = "FROM python:3.13-slim
WORKDIR /app
COPY server.py .
RUN mkdir /data
EXPOSE 8080
HEALTHCHECK --interval=1s --timeout=3s --retries=3 \\
    CMD [\"python3\", \"-c\", \"import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080')\"]
CMD [\"python3\", \"server.py\"]
";

fn preview(bench: &Bench, shape: Shape, files: &[(&str, &str)]) -> Preview {
    Preview {
        labels: bench.labels.clone(),
        slug: "hello".into(),
        tree: tree(files),
        shape,
        expires_at: datetime!(2026-11-22 12:00 UTC),
        limits: Limits::default(),
        pull: false,
    }
}

fn server(bench: &Bench) -> Preview {
    preview(bench, Shape::Server { port: 8080 }, &[("Dockerfile", DOCKERFILE), ("server.py", SERVER)])
}

async fn deployed(bench: &Bench, preview: &Preview) -> Result<Deployed, Error> {
    deploy(&bench.docker, preview, &CancellationToken::new(), &mut |_| {}).await
}

async fn get(url: &str) -> Option<String> {
    let address = url.strip_prefix("http://")?.trim_end_matches('/');
    let mut stream = tokio::net::TcpStream::connect(address).await.ok()?;
    stream.write_all(b"GET / HTTP/1.0\r\n\r\n").await.ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.ok()?;
    Some(answer)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_answers_is_found_again_keeps_its_port_and_leaves_nothing() {
    let bench = Bench::new().await;
    let first = deployed(&bench, &server(&bench)).await.unwrap();
    assert_eq!(first.health, "healthy");
    let url = first.url.clone().unwrap();
    assert!(get(&url).await.unwrap().ends_with("hello from 65532"), "{url}");

    let again = deployed(&bench, &server(&bench)).await.unwrap();
    assert_eq!((&again.id, &again.url, &again.image_id), (&first.id, &first.url, &first.image_id));
    let previews = list(&bench.docker, &bench.labels.owner).await.unwrap();
    assert_eq!(previews.len(), 1);
    assert!(
        previews[0].standing && previews[0].url == first.url && previews[0].image == first.image,
        "{previews:?}"
    );
    assert_eq!(previews[0].expires_at, Some(datetime!(2026-11-22 12:00 UTC)));

    docker_cli(&["restart", "-t", "0", &first.id]);
    assert_eq!(list(&bench.docker, &bench.labels.owner).await.unwrap()[0].url, first.url);

    assert!(stop(&bench.docker, &first.id).await.unwrap());
    assert!(!stop(&bench.docker, &first.id).await.unwrap());
    bench.done().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_has_no_rights_and_no_way_out() {
    let bench = Bench::new().await;
    let id = deployed(&bench, &server(&bench)).await.unwrap().id;
    let inside = |script: &str| docker_cli(&["exec", &id, "sh", "-c", script]).join("\n");
    assert!(inside("grep CapBnd /proc/1/status").ends_with("0000000000000000"));
    assert!(inside("grep NoNewPrivs /proc/1/status").ends_with('1'));
    assert_eq!(inside("touch /app/x 2>/dev/null || echo refused"), "refused");
    assert_eq!(inside("cat /data/kept"), "x");
    let network = docker_cli(&["inspect", "-f", "{{.HostConfig.NetworkMode}}", &id]).join("");
    let options = docker_cli(&["network", "inspect", "-f", "{{json .Options}}", &network]).join("");
    assert!(
        options.contains("enable_ip_masquerade\":\"false") && options.contains("enable_icc\":\"false"),
        "{options}"
    );
    let bound = docker_cli(&["port", &id]).join("");
    assert!(bound.starts_with("8080/tcp -> 127.0.0.1:") && !bound.contains("0.0.0.0:"), "{bound}");
    bench.sweep_all().await;
    bench.done().await;
}

async fn fails(bench: &Bench, preview: &Preview) -> Error {
    let error = deployed(bench, preview).await.unwrap_err();
    assert!(list(&bench.docker, &bench.labels.owner).await.unwrap().is_empty(), "{error}");
    bench.done().await;
    error
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_that_is_not_healthy_is_removed_and_its_log_is_told() {
    let bench = Bench::new().await;
    let broken = [
        ("print('no port'); import time; time.sleep(1000)", "its health check failed"),
        ("print('no port'); raise SystemExit(3)", "it ended with code 3"),
    ];
    for (program, seen) in broken {
        let dockerfile = DOCKERFILE.replace("python3\", \"server", "python3\", \"-u\", \"server");
        let files = [("Dockerfile", dockerfile.as_str()), ("server.py", program)];
        let error = fails(&bench, &preview(&bench, Shape::Server { port: 8080 }, &files)).await;
        let Error::Unhealthy { reason, log } = &error else { panic!("{error}") };
        assert!(reason.contains(seen) && log.contains("no port"), "{reason}: {log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_that_fails_tells_its_log_and_leaves_no_image_of_any_step() {
    let bench = Bench::new().await;
    let dockerfile = "FROM python:3.13-slim AS first\nRUN echo one\nFROM python:3.13-slim\nRUN echo two\n\
                      RUN ls /sys/class/net; echo broken; exit 9\n";
    let error = fails(&bench, &preview(&bench, Shape::Command, &[("Dockerfile", dockerfile)])).await;
    let Error::Build { reason, log } = &error else { panic!("{error}") };
    assert!(reason.contains("non-zero code: 9") && log.contains("lo\nbroken"), "{reason}: {log}");
    assert!(!log.contains("eth0"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_that_never_ends_is_stopped() {
    let bench = Bench::new().await;
    let mut preview =
        preview(&bench, Shape::Command, &[("Dockerfile", "FROM python:3.13-slim\nRUN sleep 1000\n")]);
    preview.limits.build = Duration::from_secs(5);
    let error = fails(&bench, &preview).await;
    let Error::Build { reason, .. } = &error else { panic!("{error}") };
    assert!(reason.contains("longer than 5 s"), "{reason}");
    let mine = format!("label=slipway.owner={}", bench.labels.owner);
    until("the builder's container is gone", || docker_cli(&["ps", "-aq", "--filter", &mine]).is_empty())
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_is_shown_by_its_help_and_kept_as_an_image() {
    let bench = Bench::new().await;
    let tool = "import sys; print('usage: tool'); sys.exit(0 if '--help' in sys.argv else 2)\n";
    let dockerfile = "FROM python:3.13-slim\nCOPY tool.py /tool.py\nENTRYPOINT [\"python3\", \"/tool.py\"]\n";
    let preview = preview(&bench, Shape::Command, &[("Dockerfile", dockerfile), ("tool.py", tool)]);
    let first = deployed(&bench, &preview).await.unwrap();
    assert_eq!((first.url.as_deref(), first.health.as_str()), (None, "--help ended with code 0"));
    assert_eq!(
        docker_cli(&["image", "inspect", "-f", "{{.RepoTags}}", &first.image]),
        [format!("[{}]", first.image)]
    );
    assert_eq!(deployed(&bench, &preview).await.unwrap().image_id, first.image_id);
    let previews = list(&bench.docker, &bench.labels.owner).await.unwrap();
    assert_eq!((previews.len(), previews[0].standing), (1, true));
    assert!(stop(&bench.docker, &first.id).await.unwrap());
    bench.done().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_whose_help_fails_is_removed() {
    let bench = Bench::new().await;
    let dockerfile = "FROM python:3.13-slim\nENTRYPOINT [\"sh\", \"-c\", \"echo wrong; exit 4\"]\n";
    let error = fails(&bench, &preview(&bench, Shape::Command, &[("Dockerfile", dockerfile)])).await;
    let Error::Unhealthy { reason, log } = &error else { panic!("{error}") };
    assert_eq!((reason.as_str(), log.as_str()), ("--help ended with code 4", "wrong"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_deployment_leaves_nothing() {
    let bench = Bench::new().await;
    let cancel = CancellationToken::new();
    let stop = cancel.clone();
    let mut on_log = move |piece: &[u8]| {
        if String::from_utf8_lossy(piece).contains("RUN mkdir") {
            stop.cancel();
        }
    };
    let result = deploy(&bench.docker, &server(&bench), &cancel, &mut on_log).await;
    assert!(matches!(result, Err(preview::Error::Cancelled)), "{result:?}");
    assert!(bench.docker.settled(Duration::from_mins(1)).await);
    until("the builder has ended", || bench.leftovers().is_empty()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dockerfile_that_would_fetch_or_needs_a_missing_image_is_refused() {
    let bench = Bench::new().await;
    let of = |dockerfile: &str| preview(&bench, Shape::Command, &[("Dockerfile", dockerfile)]);
    let error = fails(&bench, &of("FROM python:3.13-slim\nADD https://example.org/ /x\n")).await;
    assert!(matches!(error, Error::Dockerfile(_)), "{error}");
    let error = fails(&bench, &of("FROM slipway-no-such:1\n")).await;
    assert!(matches!(error, Error::Engine(slipway_containers::docker::Error::NoImage { .. })), "{error}");
    let error = fails(&bench, &preview(&bench, Shape::Command, &[("README.md", "x")])).await;
    assert!(matches!(error, Error::NoDockerfile), "{error}");
}
