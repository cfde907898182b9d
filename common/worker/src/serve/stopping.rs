//! The end of a worker: nothing new is taken, what is not begun is given back, what runs may end within the grace
//! period and is given back after it. Beats go on until the last of it is said, so that no lease ends meanwhile.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::shared::Shared;
use super::{Ended, beats};

/// How long what is given back may take to clear up behind itself and to say so.
const CLEAR_UP: Duration = Duration::from_secs(12);
/// How long a publish that is under way may still take.
const LAST_WORDS: Duration = Duration::from_secs(10);
/// How long the last beat may take.
const LAST_BEAT: Duration = Duration::from_secs(2);

/// Ends the worker; its parts that go on until then end with `until`.
pub(super) async fn stop(shared: &Arc<Shared>, until: &CancellationToken) -> Ended {
    shared.lifecycle.soft().cancel();
    shared.gate.change(|closures| closures.draining = true);
    shared.beat_soon.notify_one();
    shared.in_hand.close();
    let ended = end_steps(shared).await;
    until.cancel();
    if ended == Ended::Softly {
        beats::once(shared, LAST_BEAT).await;
    }
    ended
}

async fn end_steps(shared: &Shared) -> Ended {
    let hard = shared.lifecycle.hard();
    let must_give_back = async {
        tokio::select! {
            () = tokio::time::sleep(shared.timings.grace) => {}
            () = hard.cancelled() => {}
            () = shared.failed() => {}
        }
    };
    tokio::select! {
        biased;
        () = all_in_hand(shared) => return Ended::Softly,
        () = must_give_back => {}
    }
    shared.book().give_back();
    let ended_softly = tokio::select! {
        biased;
        () = all_in_hand(shared) => true,
        () = tokio::time::sleep(CLEAR_UP) => false,
        () = hard.cancelled() => false,
    };
    if ended_softly {
        return Ended::Softly;
    }
    // What is on disk is said by the next life; what is not acknowledged is handed out again.
    shared.last_words.cancel();
    let _too_late = tokio::time::timeout(CLEAR_UP + LAST_WORDS, all_in_hand(shared)).await;
    Ended::Hard
}

/// Waits until the takers have ended and all that they took is settled.
async fn all_in_hand(shared: &Shared) {
    shared.in_hand.wait().await;
}
