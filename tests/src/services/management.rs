//! RabbitMQ's management API, as its page uses it.

use std::time::Duration;

use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};

/// The management API, seen by one login, about one virtual host.
#[derive(Debug, Clone)]
pub struct Management {
    base: String,
    user: String,
    password: String,
    vhost: String,
}

impl Management {
    pub(super) fn new(port: u16, user: &str, password: &str, vhost: &str) -> Self {
        Self {
            base: format!("http://127.0.0.1:{port}/api"),
            user: user.to_owned(),
            password: password.to_owned(),
            vhost: if vhost == "/" { "%2F".to_owned() } else { vhost.to_owned() },
        }
    }

    /// A request; a client of its own each time, because a test's runtime does not outlive the test.
    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let client = Client::builder().timeout(Duration::from_secs(30)).build().unwrap();
        client.request(method, format!("{}/{path}", self.base)).basic_auth(&self.user, Some(&self.password))
    }

    async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Response {
        let request = self.request(method, path);
        let request = if let Some(body) = body { request.json(body) } else { request };
        request.send().await.unwrap()
    }

    async fn expect(&self, method: Method, path: &str, body: Option<&Value>) -> Value {
        let response = self.send(method, path, body).await;
        let status = response.status();
        let text = response.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    /// The answer to `GET /api/<path>`; `{vhost}` in it is this virtual host.
    pub async fn get(&self, path: &str) -> Value {
        self.expect(Method::GET, &path.replace("{vhost}", &self.vhost), None).await
    }

    /// The HTTP status of a request that may be refused.
    pub async fn status(&self, method: Method, path: &str, body: Option<&Value>) -> u16 {
        self.send(method, &path.replace("{vhost}", &self.vhost), body).await.status().as_u16()
    }

    /// Gives this login every right in the virtual host; an administrator may do that.
    pub(super) async fn allow_all(&self) {
        let all = json!({ "configure": ".*", "write": ".*", "read": ".*" });
        self.put(&format!("permissions/{{vhost}}/{}", self.user), &all).await;
    }

    /// Sends `PUT /api/<path>`; `{vhost}` in it is this virtual host.
    pub async fn put(&self, path: &str, body: &Value) {
        self.expect(Method::PUT, &path.replace("{vhost}", &self.vhost), Some(body)).await;
    }

    /// Loads definitions.
    pub async fn import(&self, definitions: &Value) {
        self.expect(Method::POST, "definitions", Some(definitions)).await;
    }

    /// A queue's counts: messages that wait, and messages that are given out. The server counts every few seconds.
    pub async fn depth(&self, queue: &str) -> (u64, u64) {
        let queue = self.get(&format!("queues/{{vhost}}/{queue}")).await;
        let count = |name: &str| queue[name].as_u64().unwrap_or_default();
        (count("messages_ready"), count("messages_unacknowledged"))
    }

    /// Publishes to a queue as its page does: through the default exchange, without id and content type. Says whether a
    /// queue took it.
    pub async fn publish(&self, queue: &str, payload: &str) -> bool {
        self.publish_with(queue, payload, "string", &json!({ "delivery_mode": 2, "headers": {} })).await
    }

    /// Publishes to a queue with an encoding (`string` or `base64`) and properties.
    pub async fn publish_with(&self, queue: &str, payload: &str, encoding: &str, properties: &Value) -> bool {
        let body = json!({
            "vhost": self.vhost, "name": "amq.default", "properties": properties, "routing_key": queue,
            "delivery_mode": "2", "payload": payload, "payload_encoding": encoding, "headers": {}, "props": {},
        });
        let path = format!("exchanges/{}/amq.default/publish", self.vhost);
        self.expect(Method::POST, &path, Some(&body)).await["routed"] == true
    }

    /// Publishes to a queue with a header that holds lists in lists, `depth` of them; deeper than JSON libraries go.
    pub async fn publish_nested(&self, queue: &str, depth: usize) -> bool {
        let nested = format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        let body = format!(
            r#"{{"properties": {{"headers": {{"a": {nested}}}}}, "routing_key": "{queue}",
                "payload": "{{\"prompt\": \"build a calculator\", \"preview\": \"compose_only\"}}", "payload_encoding": "string"}}"#
        );
        let path = format!("exchanges/{}/amq.default/publish", self.vhost);
        let request = self.request(Method::POST, &path).header("content-type", "application/json").body(body);
        request.send().await.unwrap().status().is_success()
    }

    /// Takes up to `count` messages of a queue for good.
    pub async fn take(&self, queue: &str, count: u32) -> Vec<Value> {
        let body = json!({ "count": count, "ackmode": "ack_requeue_false", "encoding": "auto" });
        let path = format!("queues/{}/{queue}/get", self.vhost);
        self.expect(Method::POST, &path, Some(&body)).await.as_array().unwrap().clone()
    }

    /// Throws away what waits in a queue.
    pub async fn purge(&self, queue: &str) {
        self.expect(Method::DELETE, &format!("queues/{}/{queue}/contents", self.vhost), None).await;
    }

    /// Deletes a queue.
    pub async fn delete_queue(&self, queue: &str) {
        self.expect(Method::DELETE, &format!("queues/{}/{queue}", self.vhost), None).await;
    }
}
