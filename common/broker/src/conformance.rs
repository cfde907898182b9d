//! What every backend must do: named checks that a test runs against a [`Bench`].
//!
//! A check that fails panics and says what it saw. Each begins with empty queues. Open `conformance/publishing.rs`,
//! `conformance/taking.rs`, `conformance/asking.rs` and `conformance/losing.rs` for the checks themselves.

mod asking;
mod losing;
mod publishing;
mod taking;

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use slipway_protocol::AgentId;

use crate::{Address, Broker, Consumer, Delivery, Message, Options, QueueName};

/// A backend on the bench, and what can be done to it.
#[async_trait]
pub trait Bench: Send + Sync {
    /// A new handle, with the coordinator's login.
    fn coordinator(&self, options: Options) -> Arc<dyn Broker>;
    /// A new handle, with a worker's login.
    fn worker(&self, options: Options) -> Arc<dyn Broker>;
    /// Throws away what waits in every queue.
    async fn empty(&self);
    /// Ends every session.
    async fn break_sessions(&self);
    /// Makes the broker unreachable; what it keeps stays.
    async fn stop(&self);
    /// Makes it reachable again.
    async fn start(&self);
    /// Throws away all that it keeps and starts it with the committed configuration.
    async fn wipe(&self);
    /// Deletes a queue.
    async fn delete_queue(&self, queue: &str);
}

/// A check that runs.
pub type Running<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// A check: what it proves, and the check itself.
#[derive(Clone, Copy)]
pub struct Check {
    /// The sentence that it proves.
    pub name: &'static str,
    /// Runs it.
    pub run: for<'a> fn(&'a dyn Bench) -> Running<'a>,
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// How long a check may take.
pub const LIMIT: Duration = Duration::from_mins(2);

macro_rules! checks {
    ($($module:ident::$name:ident),* $(,)?) => {
        /// Every check.
        pub const CHECKS: &[Check] =
            &[$(Check { name: stringify!($name), run: |bench| Box::pin($module::$name(bench)) }),*];
    };
}

checks! {
    publishing::what_one_publisher_sends_is_taken_in_its_order,
    publishing::bodies_and_text_headers_arrive_as_they_were_sent,
    publishing::an_unroutable_message_is_told_from_its_neighbours_in_a_batch,
    publishing::a_message_that_is_too_large_is_refused_and_its_neighbours_arrive,
    publishing::many_publishers_at_once_each_get_their_own_answers,
    publishing::an_event_goes_to_the_queues_that_are_bound_to_its_type,
    taking::no_more_is_given_out_than_the_prefetch,
    taking::what_is_ready_is_taken_without_waiting,
    taking::a_released_or_dropped_message_comes_again_and_says_so,
    taking::a_consumer_that_is_dropped_leaves_what_it_gave_out_to_be_settled,
    taking::a_rejected_message_keeps_its_bytes_and_gets_its_reason,
    taking::a_long_message_is_set_aside_cut_off_with_its_digest,
    asking::a_question_gets_its_answer,
    asking::many_questions_in_flight_get_their_own_answers,
    asking::a_question_that_nobody_answers_ends_in_time,
    asking::a_question_without_a_queue_is_told_so,
    asking::controls_reach_every_listener,
    losing::what_was_not_acknowledged_comes_again_after_a_lost_session,
    losing::an_acknowledgement_of_a_lost_session_is_stale,
    losing::a_publish_waits_for_a_session_and_then_says_that_there_is_none,
    losing::a_publish_waits_for_a_session_that_comes,
    losing::a_wiped_broker_gets_the_queues_of_agents_that_were_declared,
    losing::a_consumer_of_a_deleted_queue_ends_and_the_queue_comes_back,
    losing::a_closed_handle_gives_back_what_it_took,
}

fn options(name: &str) -> Options {
    Options { publish_wait: Duration::from_secs(20), ..Options::named(name) }
}

fn agent(id: &str) -> AgentId {
    id.parse().expect("the checks use names that are agents' ids")
}

fn queue(id: &str) -> QueueName {
    QueueName::Agent(agent(id))
}

fn message(to: Address, id: &str, body: impl Into<Bytes>) -> Message {
    Message {
        to,
        id: id.to_owned(),
        content_type: "application/json".into(),
        headers: BTreeMap::new(),
        correlation: None,
        body: body.into(),
    }
}

fn to_agent(id: &str, name: &str) -> Message {
    message(Address::Agent(agent(id)), name, name.to_owned())
}

fn text(delivery: &Delivery) -> String {
    String::from_utf8_lossy(&delivery.body).into_owned()
}

async fn take(consumer: &mut Box<dyn Consumer>) -> Delivery {
    consumer.next().await.expect("the session goes on")
}

async fn taking(broker: &Arc<dyn Broker>, queue: &QueueName, prefetch: u16) -> Box<dyn Consumer> {
    broker.consume(queue, prefetch).await.expect("the login may take from the queue")
}

/// Whether nothing comes for a while. That nothing ever comes cannot be shown.
async fn is_quiet(consumer: &mut Box<dyn Consumer>) -> bool {
    tokio::time::timeout(Duration::from_millis(300), consumer.next()).await.is_err()
}
