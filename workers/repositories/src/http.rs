//! Git's smart HTTP, and what is answered to everything else.
//!
//! Every request is judged here, by its name, its token and how it addresses the service; what passes goes to
//! `exchange.rs`. The protocol itself is Git's own business.

use std::path::Path as FilePath;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, BodyDataStream};
use axum::extract::{DefaultBodyLimit, Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bytes::{Bytes, BytesMut};
use serde::Deserialize;
use slipway_runtime::{Lifecycle, TaskKind};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::access::{Token, is_addressed};
use crate::command::{self, Service};
use crate::commands::{self, Commands};
use crate::config::{Limits, Settings};
use crate::exchange::{Error, Input, Kept, exchange, next};
use crate::folder::{Folder, Push};
use crate::listing::list;
use crate::name::Name;
use crate::refusal::Refusal;

/// How large what a fetch asks for may be, in bytes: ids, a line each.
const MAX_FETCH_REQUEST: u64 = 32 * 1024 * 1024;

/// Room for what a push says besides its pack, in bytes.
const BESIDES_THE_PACK: u64 = 1024 * 1024;

/// How long a request waits for others to end.
const TURN: Duration = Duration::from_secs(30);

/// What all requests share.
#[derive(Debug, Clone)]
pub(crate) struct Desk {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    folder: Arc<Folder>,
    token: Token,
    hosts: Vec<String>,
    limits: Limits,
    turns: Arc<Semaphore>,
    life: Lifecycle,
}

/// The service's routes.
pub(crate) fn router(settings: &Settings, folder: Folder, life: Lifecycle) -> Router {
    let shared = Shared {
        folder: Arc::new(folder),
        token: settings.token.clone(),
        hosts: settings.hosts.clone(),
        limits: settings.limits.clone(),
        turns: Arc::new(Semaphore::new(settings.limits.processes)),
        life,
    };
    let desk = Desk { shared: Arc::new(shared) };
    let own = Router::new()
        .route("/{name}/info/refs", get(own_refs))
        .route("/{name}/{service}", post(own_pack))
        .route("/origins/{name}/info/refs", get(origin_refs))
        .route("/origins/{name}/{service}", post(origin_pack));
    own.route("/", get(list))
        .fallback(nothing_there)
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn_with_state(desk.clone(), addressed))
        .with_state(desk)
}

async fn addressed(State(desk): State<Desk>, request: Request, next: Next) -> Response {
    if is_addressed(request.headers(), &desk.shared.hosts) {
        return next.run(request).await;
    }
    let text = "this name is not one of the service's; add it to repositories.hosts";
    Refusal::new(StatusCode::MISDIRECTED_REQUEST, "git.host-refused", text).into_response()
}

async fn nothing_there() -> Refusal {
    not_found()
}

fn not_found() -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, "git.not-found", "there is no such repository")
}

#[derive(Debug, Deserialize)]
struct Wanted {
    service: Option<String>,
}

async fn own_refs(
    State(desk): State<Desk>,
    Path(name): Path<String>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    desk.refs(Name::own(&name), wanted.service.as_deref(), &headers).await
}

async fn origin_refs(
    State(desk): State<Desk>,
    Path(name): Path<String>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    desk.refs(Name::origin(&name), wanted.service.as_deref(), &headers).await
}

async fn own_pack(
    State(desk): State<Desk>,
    Path((name, service)): Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    desk.pack(Name::own(&name), &service, &headers, body).await
}

async fn origin_pack(
    State(desk): State<Desk>,
    Path((name, service)): Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    desk.pack(Name::origin(&name), &service, &headers, body).await
}

impl Desk {
    /// The repositories.
    pub(crate) fn folder(&self) -> &Folder {
        &self.shared.folder
    }

    /// What a repository has, in the words of one of Git's programs.
    async fn refs(
        &self,
        name: Option<Name>,
        service: Option<&str>,
        headers: &HeaderMap,
    ) -> Result<Response, Refusal> {
        let service = service.and_then(Service::named).ok_or_else(|| {
            let text = "only Git's smart protocol is spoken here; use Git 1.6.6 or newer";
            Refusal::new(StatusCode::FORBIDDEN, "git.request", text)
        })?;
        let name = self.admit(name, service, headers)?;
        let folder = &self.shared.folder;
        let path = match service {
            Service::ReceivePack => folder.find_or_make(&name).await?,
            Service::UploadPack => folder.find(&name).ok_or_else(not_found)?,
        };
        let version = protocol(headers);
        let command = command::advertise(&self.shared.limits, service, &path, version);
        let nothing = Body::empty().into_data_stream();
        let input = Input { begun: Bytes::new(), body: nothing, gzip: false, limit: 0 };
        let answer = self.run(command, input, None).await?;
        let body = if version == Some("version=2") { answer } else { announced(service, answer) };
        Ok(answered(&format!("application/x-{service}-advertisement"), body))
    }

    /// One fetch or push.
    async fn pack(
        &self,
        name: Option<Name>,
        service: &str,
        headers: &HeaderMap,
        body: Body,
    ) -> Result<Response, Refusal> {
        let service = Service::named(service).ok_or_else(not_found)?;
        let name = self.admit(name, service, headers)?;
        let path = self.shared.folder.find(&name).ok_or_else(not_found)?;
        let is = |header, wanted: &str| {
            headers.get(header).is_some_and(|value| value.as_bytes() == wanted.as_bytes())
        };
        if !is(header::CONTENT_TYPE, &format!("application/x-{service}-request")) {
            let text = format!("the content type must be application/x-{service}-request");
            return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "git.request", text));
        }
        let gzip = is(header::CONTENT_ENCODING, "gzip") || is(header::CONTENT_ENCODING, "x-gzip");
        if !gzip && headers.contains_key(header::CONTENT_ENCODING) {
            let text = "gzip is the only content encoding that is known here";
            return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "git.request", text));
        }
        let media_type = format!("application/x-{service}-result");
        let answer = match service {
            Service::UploadPack => {
                let command = command::serve(&self.shared.limits, service, &path, protocol(headers));
                let (begun, body) = (Bytes::new(), body.into_data_stream());
                self.run(command, Input { begun, body, gzip, limit: MAX_FETCH_REQUEST }, None).await?
            }
            Service::ReceivePack => self.push(&name, &path, headers, body).await?,
        };
        Ok(answered(&media_type, answer))
    }

    /// One push: what it asks for is judged before Git hears of it.
    async fn push(
        &self,
        name: &Name,
        path: &FilePath,
        headers: &HeaderMap,
        body: Body,
    ) -> Result<Body, Refusal> {
        let limits = &self.shared.limits;
        let limit = limits.push.saturating_add(BESIDES_THE_PACK);
        if headers.contains_key(header::CONTENT_ENCODING) {
            let text = "a push is not compressed as a whole";
            return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "git.request", text));
        }
        let mut body = body.into_data_stream();
        let (commands, begun) = commands_of(&mut body, limits.idle).await?;
        if let Some(report) = commands.refusal(name) {
            drain(&mut body, limit, limits).await?;
            return Ok(Body::from(report));
        }
        let push = self.shared.folder.begin(name)?;
        let command = command::serve(limits, Service::ReceivePack, path, protocol(headers));
        self.run(command, Input { begun, body, gzip: false, limit }, Some(push)).await
    }

    /// Whether the request may do what it asks for. A name that is none of ours and one that is not there look alike.
    fn admit(&self, name: Option<Name>, service: Service, headers: &HeaderMap) -> Result<Name, Refusal> {
        let name = name.ok_or_else(|| {
            let text = "a repository is called by 1 to 64 of a-z 0-9 -, then .git";
            Refusal::new(StatusCode::NOT_FOUND, "git.name", text)
        })?;
        let open = service == Service::UploadPack && name.is_open();
        if open || self.shared.token.is_in(headers) {
            return Ok(name);
        }
        let text = "this needs the token of repositories.token, as Bearer or as the password of any user";
        Err(Refusal::new(StatusCode::UNAUTHORIZED, "git.unauthorised", text))
    }

    async fn run(
        &self,
        command: tokio::process::Command,
        input: Input,
        push: Option<Push>,
    ) -> Result<Body, Refusal> {
        let shared = &self.shared;
        let turn = tokio::time::timeout(TURN, Arc::clone(&shared.turns).acquire_owned()).await;
        let Ok(Ok(turn)) = turn else {
            let text = "too many fetches and pushes are under way; try again";
            return Err(Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "git.busy", text));
        };
        let kept = Held::new(push, turn);
        let stop = shared.life.hard().clone();
        let run = |work| drop(shared.life.spawn(TaskKind::Step, work));
        Ok(exchange(command, input, &shared.limits, stop, kept, run).await?)
    }
}

/// Reads a push up to where its pack begins.
async fn commands_of(body: &mut BodyDataStream, idle: Duration) -> Result<(Commands, Bytes), Refusal> {
    let malformed = || Refusal::new(StatusCode::BAD_REQUEST, "git.request", "the body is not a push");
    let mut begun = BytesMut::new();
    loop {
        if let Some(commands) = Commands::read(&begun).map_err(|_| malformed())? {
            return Ok((commands, begun.freeze()));
        }
        let chunk = next(body, idle).await?.filter(|_| begun.len() <= commands::LONGEST);
        begun.extend_from_slice(&chunk.ok_or_else(malformed)?);
    }
}

/// Reads the rest of a refused push, so that the client comes to read the answer.
async fn drain(body: &mut BodyDataStream, limit: u64, limits: &Limits) -> Result<(), Error> {
    let reading = async {
        let mut left = limit;
        while let Some(chunk) = next(body, limits.idle).await? {
            left = left.checked_sub(chunk.len() as u64).ok_or(Error::TooLarge)?;
        }
        Ok(())
    };
    tokio::time::timeout(limits.total, reading).await.unwrap_or(Err(Error::TimedOut))
}

/// What a running program holds.
struct Held {
    push: Option<Push>,
    _turn: OwnedSemaphorePermit,
}

impl Held {
    fn new(push: Option<Push>, turn: OwnedSemaphorePermit) -> Self {
        metrics::gauge!("slipway_repositories_running").increment(1);
        Self { push, _turn: turn }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        metrics::gauge!("slipway_repositories_running").decrement(1);
    }
}

impl Kept for Held {
    fn over(mut self, by_itself: bool) {
        let what = if self.push.is_some() { "push" } else { "read" };
        let end = if by_itself { "ended" } else { "broken-off" };
        metrics::counter!("slipway_repositories_exchanges", "what" => what, "end" => end).increment(1);
        if let Some(push) = self.push.take().filter(|_| by_itself) {
            push.ended();
        }
    }
}

fn protocol(headers: &HeaderMap) -> Option<&str> {
    headers.get("git-protocol").and_then(|value| value.to_str().ok())
}

/// The answer after the line that names the service, which older versions of the protocol begin with.
fn announced(service: Service, answer: Body) -> Body {
    use futures_util::StreamExt as _;
    let line = format!("# service={service}\n");
    let first = format!("{:04x}{line}0000", line.len() + 4);
    let first = futures_util::stream::once(async { Ok(Bytes::from(first)) });
    Body::from_stream(first.chain(answer.into_data_stream()))
}

fn answered(media_type: &str, body: Body) -> Response {
    let headers =
        [(header::CONTENT_TYPE, media_type), (header::CACHE_CONTROL, "no-cache, max-age=0, must-revalidate")];
    (headers, body).into_response()
}
