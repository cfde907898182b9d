//! The two backends on the bench of the conformance checks.

use std::sync::Arc;

use async_trait::async_trait;
use slipway_broker::conformance::Bench;
use slipway_broker::{Broker, Options, connect, memory, topology};
use slipway_runtime::{Clock as _, SystemClock};
use slipway_tests::services::{Place, Service, Services};

/// The memory backend.
pub(crate) struct Memory {
    url: String,
    /// Keeps the broker, which ends with its last handle.
    _handle: Arc<dyn Broker>,
}

impl Memory {
    /// A broker of its own.
    pub(crate) fn new() -> Self {
        let url = format!("memory:{}", SystemClock.new_id());
        let handle = connect(&url, Options::named("bench")).unwrap();
        Self { url, _handle: handle }
    }
}

#[async_trait]
impl Bench for Memory {
    fn coordinator(&self, options: Options) -> Arc<dyn Broker> {
        connect(&self.url, options).unwrap()
    }

    fn worker(&self, options: Options) -> Arc<dyn Broker> {
        connect(&self.url, options).unwrap()
    }

    async fn empty(&self) {
        memory::wipe(&self.url);
    }

    async fn break_sessions(&self) {
        memory::break_sessions(&self.url);
    }

    async fn stop(&self) {
        memory::stop(&self.url);
    }

    async fn start(&self) {
        memory::start(&self.url);
    }

    async fn wipe(&self) {
        memory::wipe(&self.url);
    }

    async fn delete_queue(&self, queue: &str) {
        memory::delete_queue(&self.url, queue);
    }
}

/// RabbitMQ, with a server of its own because checks stop and wipe it.
pub(crate) struct RabbitMq {
    services: Services,
    place: Place,
}

impl RabbitMq {
    /// Starts a server.
    pub(crate) async fn new() -> Self {
        let services = Services::own().await;
        let place = services.home().await;
        Self { services, place }
    }
}

#[async_trait]
impl Bench for RabbitMq {
    fn coordinator(&self, options: Options) -> Arc<dyn Broker> {
        connect(&self.place.coordinator_url, options).unwrap()
    }

    fn worker(&self, options: Options) -> Arc<dyn Broker> {
        connect(&self.place.worker_url, options).unwrap()
    }

    async fn empty(&self) {
        for queue in topology::built_in().queues_with(&[]) {
            self.place.administrator.purge(&queue.name).await;
        }
    }

    async fn break_sessions(&self) {
        self.services.break_connections(&self.place.vhost).await;
    }

    async fn stop(&self) {
        self.services.kill(Service::RabbitMq).await;
    }

    async fn start(&self) {
        self.services.start(Service::RabbitMq).await;
    }

    async fn wipe(&self) {
        self.services.wipe_rabbitmq().await;
    }

    async fn delete_queue(&self, queue: &str) {
        self.place.administrator.delete_queue(queue).await;
    }
}
