//! A broker in this process alone: for tests, for the sequential mode's fleet, for trying things out.
//!
//! Two handles of the same URL meet. Nothing survives the last of them. Open `memory/hub.rs` for the queues, `memory/handle.rs`
//! for the seam's methods. The functions here let a test do to it what happens to a real broker.

mod handle;
mod hub;

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};

use crate::{Broker, Options};
use handle::Handle;
use hub::Hub;

static HUBS: LazyLock<Mutex<HashMap<String, Weak<Hub>>>> = LazyLock::new(Mutex::default);

/// A handle of the broker called `name`.
pub(crate) fn connect(name: &str, options: Options) -> Arc<dyn Broker> {
    Arc::new(Handle::new(hub(name), options))
}

fn hub(name: &str) -> Arc<Hub> {
    let mut hubs = HUBS.lock().unwrap_or_else(PoisonError::into_inner);
    hubs.retain(|_, hub| hub.strong_count() > 0);
    if let Some(hub) = hubs.get(name).and_then(Weak::upgrade) {
        return hub;
    }
    let hub = Arc::new(Hub::new());
    hubs.insert(name.to_owned(), Arc::downgrade(&hub));
    hub
}

fn of_url(url: &str) -> Arc<Hub> {
    hub(url.strip_prefix("memory:").unwrap_or(url))
}

/// Ends every session with the broker at `url`, as a restart does: what was not acknowledged goes out again.
pub fn break_sessions(url: &str) {
    of_url(url).break_sessions();
}

/// Makes the broker at `url` unreachable until [`start`]. What it keeps stays.
pub fn stop(url: &str) {
    of_url(url).set_up(false);
}

/// Makes the broker at `url` reachable again.
pub fn start(url: &str) {
    of_url(url).set_up(true);
}

/// Throws away all that the broker at `url` keeps, and the queues of agents that are not built in.
pub fn wipe(url: &str) {
    of_url(url).wipe();
}

/// Deletes a queue of the broker at `url` with what is in it.
pub fn delete_queue(url: &str, queue: &str) {
    of_url(url).delete_queue(queue);
}

/// How many messages wait in a queue of the broker at `url`, and how many are given out.
pub fn depth(url: &str, queue: &str) -> (usize, usize) {
    of_url(url).depth(queue)
}
