//! What is on Docker, seen through its own command and not through Slipway's code.

use std::io::{Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

/// A fake engine that answers the questions of a connection and refuses all work: an engine that is going down.
#[derive(Debug)]
pub struct Broken {
    stop: Arc<AtomicBool>,
    socket: PathBuf,
    thread: Option<JoinHandle<()>>,
}

impl Broken {
    /// Listens on `socket`.
    pub fn listen(socket: &Path) -> Self {
        let listener = UnixListener::bind(socket).unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let stopping = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stopping.load(Ordering::SeqCst) {
                    return;
                }
                if let Ok(stream) = stream {
                    answer(stream);
                }
            }
        });
        Self { stop, socket: socket.to_owned(), thread: Some(thread) }
    }
}

impl Drop for Broken {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let _woken = UnixStream::connect(&self.socket);
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

fn answer(mut stream: UnixStream) {
    let mut head = [0_u8; 4096];
    let read = stream.read(&mut head).unwrap_or(0);
    let line = String::from_utf8_lossy(&head[..read]).lines().next().unwrap_or_default().to_owned();
    let (status, body) = if line.contains("/_ping") {
        ("200 OK", "OK")
    } else if line.contains("/version") || line.contains("/info") {
        ("200 OK", "{}")
    } else {
        ("503 Service Unavailable", "{\"message\":\"the engine is going down\"}")
    };
    let length = body.len();
    let _gone = write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
}

/// Fails with what to install when Docker does not answer: a test that needs it never passes by skipping.
pub fn require() {
    let answers = Command::new("docker").arg("info").output().is_ok_and(|output| output.status.success());
    assert!(answers, "this test needs Docker, and `docker info` fails: start the engine or install docker");
}

fn docker(args: &[&str]) -> Vec<String> {
    let output = Command::new("docker").args(args).output().expect("docker is installed; `require` looked");
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

fn label(owner: &str) -> String {
    format!("label=slipway.owner={owner}")
}

/// Sandbox containers and volumes of an owner.
pub fn sandboxes(owner: &str) -> Vec<String> {
    let mut left =
        docker(&["ps", "-aq", "--filter", &label(owner), "--filter", "label=slipway.kind=sandbox"]);
    left.extend(docker(&["volume", "ls", "-q", "--filter", &label(owner)]));
    left
}

/// Preview containers of an owner.
pub fn previews(owner: &str) -> Vec<String> {
    docker(&["ps", "-aq", "--filter", &label(owner), "--filter", "label=slipway.kind=preview"])
}

/// Removes whatever bears the owner's label.
pub fn remove_all(owner: &str) {
    for id in docker(&["ps", "-aq", "--filter", &label(owner)]) {
        docker(&["rm", "-fv", &id]);
    }
    for (kind, remove) in [("volume", "volume"), ("network", "network"), ("images", "rmi")] {
        let listed = match kind {
            "images" => docker(&["images", "-q", "--filter", &label(owner)]),
            other => docker(&[other, "ls", "-q", "--filter", &label(owner)]),
        };
        for id in listed {
            match remove {
                "rmi" => docker(&["rmi", "-f", &id]),
                other => docker(&[other, "rm", "-f", &id]),
            };
        }
    }
}
