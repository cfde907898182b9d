//! The sweep takes what nobody holds and spares all else.

use slipway_containers::preview::{Limits, Preview, Shape, deploy};
use slipway_containers::sweep::{Swept, list, sweep};
use slipway_containers::{Kind, Labels};
use slipway_protocol::Lease;
use time::Duration;
use tokio_util::sync::CancellationToken;

use crate::support::{Bench, DEBIAN, NOW, docker_cli, tree};

/// A container and a volume as a worker that was killed leaves them.
fn abandon(labels: &Labels, kind: &str) -> String {
    let label = |key: &str, value: &dyn ToString| format!("--label=slipway.{key}={}", value.to_string());
    let all = [
        label("kind", &kind),
        label("task", &labels.task),
        label("execution", &labels.execution),
        label("lease", &labels.lease),
        label("incarnation", &labels.incarnation),
        label("owner", &labels.owner),
    ];
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    match kind {
        "volume" => docker_cli(&[&["volume", "create"], &all[..]].concat())[0].clone(),
        _ => docker_cli(&[&["run", "-d"], &all[..], &[DEBIAN, "sleep", "1000"]].concat())[0].clone(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_ended_lease_left_is_removed_and_a_live_sibling_and_another_owner_are_spared() {
    let (bench, other) = (Bench::new().await, Bench::new().await);
    let live = Labels { lease: Lease::new(2), ..bench.labels.clone() };
    for kind in ["sandbox", "volume", "preview"] {
        abandon(&bench.labels, kind);
        abandon(&live, kind);
        abandon(&other.labels, kind);
    }
    let keep = |_: Kind, labels: &Labels| labels.lease == Lease::new(2);
    let swept = sweep(&bench.docker, &bench.labels.owner, NOW, &keep).await.unwrap();
    assert_eq!(swept, Swept { containers: 2, volumes: 1, images: 0, networks: 0, failed: 0 });
    assert_eq!((bench.leftovers().len(), other.leftovers().len()), (3, 3));
    let swept = sweep(&bench.docker, &bench.labels.owner, NOW, &keep).await.unwrap();
    assert_eq!(swept, Swept::default());
    bench.sweep_all().await;
    other.sweep_all().await;
    bench.done().await;
    other.done().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_stays_until_it_expires_and_then_goes_with_its_image() {
    let bench = Bench::new().await;
    let preview = Preview {
        labels: bench.labels.clone(),
        slug: "quiet".into(),
        tree: tree(&[("Dockerfile", "FROM debian:trixie-slim\nEXPOSE 80\nCMD [\"sleep\", \"1000\"]\n")]),
        shape: Shape::Server { port: 80 },
        expires_at: NOW + Duration::HOUR,
        limits: Limits::default(),
        pull: false,
    };
    let deployed = deploy(&bench.docker, &preview, &CancellationToken::new(), &mut |_| {}).await.unwrap();
    assert_eq!(deployed.health, "running; the image has no health check");
    let owner = &bench.labels.owner;
    let keep = |_: Kind, _: &Labels| true;
    assert_eq!(sweep(&bench.docker, owner, NOW, &keep).await.unwrap(), Swept::default());
    assert_eq!(list(&bench.docker, owner).await.unwrap().len(), 1);
    let swept = sweep(&bench.docker, owner, NOW + Duration::HOUR, &keep).await.unwrap();
    assert_eq!(swept, Swept { containers: 1, volumes: 0, images: 1, networks: 1, failed: 0 });
    bench.done().await;
}
