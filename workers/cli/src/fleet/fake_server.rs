//! A server for tests that answers as it is told: it speaks HTTP and server-sent events over a real socket, counts
//! what was asked, and hangs up, keeps silent or talks nonsense on request.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use serde_json::Value;

/// What was asked.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// The method and the path with its query, such as `GET /api/tasks?limit=1`.
    pub(crate) line: String,
    /// The headers, names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    /// The body as JSON; null when there is none.
    pub(crate) body: Value,
}

impl Asked {
    /// A header's value.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }
}

/// What to do about it.
#[derive(Debug, Clone)]
pub(crate) enum Turn {
    /// Answer with a status, a media type and a body.
    Answer(u16, &'static str, String),
    /// Say when to ask again.
    Busy(&'static str),
    /// Read the request and hang up.
    HangUp,
    /// Send this part of a feed, piece by piece, and hang up.
    Feed(Vec<Vec<u8>>),
    /// Send this part of a feed and keep silent until the other side goes.
    Open(String),
}

impl Turn {
    /// Answers with JSON.
    pub(crate) fn json(status: u16, value: &Value) -> Self {
        Self::Answer(status, "application/json", value.to_string())
    }

    /// Answers with a problem.
    pub(crate) fn problem(status: u16, code: &str, detail: &str) -> Self {
        let value = serde_json::json!({ "code": code, "detail": detail, "status": status, "title": "x" });
        Self::Answer(status, "application/problem+json", value.to_string())
    }
}

/// A server on a port of its own.
#[derive(Debug)]
pub(crate) struct FakeServer {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl FakeServer {
    /// A server that does what `turn` says; it is told what is asked and how often the same was asked before.
    pub(crate) fn start(turn: impl Fn(&Asked, usize) -> Turn + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (asked, stop) = (Arc::<Mutex<Vec<Asked>>>::default(), Arc::new(AtomicBool::new(false)));
        let (turn, noted, stopped) = (Arc::new(turn), Arc::clone(&asked), Arc::clone(&stop));
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                let (turn, noted) = (Arc::clone(&turn), Arc::clone(&noted));
                std::thread::spawn(move || serve(&stream.unwrap(), turn.as_ref(), &noted));
            }
        });
        Self { address, asked, stop, thread: Some(thread) }
    }

    /// Its address.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What was asked so far with a line that begins so.
    pub(crate) fn asked(&self, line: &str) -> Vec<Asked> {
        self.asked.lock().unwrap().iter().filter(|asked| asked.line.starts_with(line)).cloned().collect()
    }
}

impl Drop for FakeServer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // The listener waits for one more connection before it looks.
        let _woken = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

fn serve(stream: &TcpStream, turn: &(impl Fn(&Asked, usize) -> Turn + ?Sized), noted: &Mutex<Vec<Asked>>) {
    let Some(asked) = read(stream) else { return };
    let before = {
        let mut noted = noted.lock().unwrap();
        noted.push(asked.clone());
        noted.iter().filter(|earlier| earlier.line == asked.line).count() - 1
    };
    // Whoever asked may have gone meanwhile; that is no failure of the test's.
    let _gone = answer(stream, turn(&asked, before));
}

fn read(stream: &TcpStream) -> Option<Asked> {
    let mut lines = BufReader::new(stream);
    let mut text = String::new();
    lines.read_line(&mut text).ok()?;
    let line = text.trim_end().strip_suffix(" HTTP/1.1")?.to_owned();
    let mut headers = Vec::new();
    loop {
        text.clear();
        lines.read_line(&mut text).ok()?;
        let Some((name, value)) = text.trim_end().split_once(": ") else { break };
        headers.push((name.to_ascii_lowercase(), value.to_owned()));
    }
    let length =
        headers.iter().find(|(name, _)| name == "content-length").map_or(0, |(_, n)| n.parse().unwrap());
    let mut body = vec![0; length];
    lines.read_exact(&mut body).ok()?;
    Some(Asked { line, headers, body: serde_json::from_slice(&body).unwrap_or_default() })
}

fn answer(mut stream: &TcpStream, turn: Turn) -> std::io::Result<()> {
    const FEED: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
    match turn {
        Turn::HangUp => Ok(()),
        Turn::Answer(status, kind, body) => {
            let length = body.len();
            let head = format!("HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {length}");
            stream.write_all(format!("{head}\r\nconnection: close\r\n\r\n{body}").as_bytes())
        }
        Turn::Busy(seconds) => {
            let head = format!("HTTP/1.1 503 X\r\nretry-after: {seconds}\r\ncontent-length: 0");
            stream.write_all(format!("{head}\r\nconnection: close\r\n\r\n").as_bytes())
        }
        Turn::Feed(pieces) => {
            stream.write_all(FEED.as_bytes())?;
            for piece in pieces {
                stream.write_all(&piece)?;
                stream.flush()?;
            }
            Ok(())
        }
        Turn::Open(text) => {
            stream.write_all(FEED.as_bytes())?;
            stream.write_all(text.as_bytes())?;
            let mut rest = Vec::new();
            stream.read_to_end(&mut rest).map(drop)
        }
    }
}
