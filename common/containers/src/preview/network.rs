//! The network that an owner's previews sit on: they reach neither each other nor anything outside.
//!
//! It is a bridge without masquerading, so that what leaves it finds no way back, and without traffic between its
//! containers. An internal network would be stricter, but the engine publishes no ports from one. What a preview can
//! still reach are services of the engine's host that listen on all its addresses.

use std::collections::HashMap;

use bollard::models::NetworkCreateRequest;
use bollard::query_parameters::ListNetworksOptionsBuilder;

use crate::docker::{CALL, Docker, Error};
use crate::labels::{Kind, filter_kind, owned};

/// The id of the owner's network, made if it is missing. Engines allow two networks of one name, so ids are used,
/// and when two processes made one each, all take the same.
pub(super) async fn id(docker: &Docker, owner: &str) -> Result<String, Error> {
    if let Some(id) = ids(docker, owner).await?.into_iter().next() {
        return Ok(id);
    }
    let off = |option: &str| (format!("com.docker.network.bridge.{option}"), "false".to_owned());
    let request = NetworkCreateRequest {
        name: format!("slipway-previews-{}", plain(owner)),
        driver: Some("bridge".into()),
        options: Some(HashMap::from([off("enable_ip_masquerade"), off("enable_icc")])),
        labels: Some(owned(owner, Kind::Network)),
        ..NetworkCreateRequest::default()
    };
    let created = docker.call("create the network", CALL, docker.api.create_network(request)).await;
    match ids(docker, owner).await?.into_iter().next() {
        Some(id) => Ok(id),
        None => created.map(|network| network.id),
    }
}

async fn ids(docker: &Docker, owner: &str) -> Result<Vec<String>, Error> {
    let options = ListNetworksOptionsBuilder::default().filters(&filter_kind(owner, Kind::Network)).build();
    let found = docker.call("list networks", CALL, docker.api.list_networks(Some(options))).await?;
    let mut ids: Vec<String> = found.into_iter().filter_map(|network| network.id).collect();
    ids.sort();
    Ok(ids)
}

/// Removes the owner's network unless something is on it; returns how many were removed.
pub(crate) async fn sweep(docker: &Docker, owner: &str) -> Result<usize, Error> {
    let mut removed = 0;
    for id in ids(docker, owner).await? {
        match docker.call("remove the network", CALL, docker.api.remove_network(&id)).await {
            Ok(()) => removed += 1,
            // 403: a container is on it, and perhaps one that has just been made
            Err(error) if error.is_absent() || matches!(error.status(), Some(403 | 409)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(removed)
}

fn plain(owner: &str) -> String {
    owner.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(40).collect()
}
