//! What a container of ours may do, as the engine is told, and the comparison with what it made of it.
//!
//! An engine can drop an option without a word, so a container whose live settings differ from the wanted ones is
//! killed before any generated code enters it. Open `sandbox/session.rs` for when.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Debug;

use bollard::models::{
    ContainerInspectResponse, HostConfig, HostConfigCgroupnsModeEnum, HostConfigLogConfig, Mount, MountType,
    ResourcesUlimits,
};

use crate::docker::Docker;
use crate::program::Limits;

/// The user and group that everything runs as; no image has a name for it, and it owns nothing.
pub(crate) const USER: &str = "65532:65532";
/// The user's number, for the owner of folders.
pub(crate) const UID: u32 = 65532;
/// Bytes of a temporary file system for each file or folder that it may hold, as those cost memory too.
const BYTES_PER_INODE: u64 = 4096;
/// Shared memory, in bytes.
const SHM: i64 = 64 * 1024 * 1024;

/// Whether a container reaches others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Network {
    /// Nothing but its own loopback.
    None,
    /// What the engine's default bridge reaches; only for installing.
    Bridge,
}

/// A volume at `/deps`.
#[derive(Debug, Clone)]
pub(crate) struct Dependencies {
    pub(crate) volume: String,
    pub(crate) writable: bool,
}

/// The limits of a container that hold whatever runs in it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) memory: u64,
    pub(crate) cpus: f64,
    pub(crate) pids: u32,
}

/// What every container of ours has: no rights, no writable root, hard limits.
pub(crate) fn hardened(docker: &Docker, bounds: &Bounds) -> HostConfig {
    let memory = i64::try_from(bounds.memory).unwrap_or(i64::MAX);
    HostConfig {
        memory: Some(memory),
        memory_swap: Some(memory),
        nano_cpus: Some(docker.nano_cpus(bounds.cpus)),
        pids_limit: Some(i64::from(bounds.pids)),
        cap_drop: Some(vec!["ALL".into()]),
        security_opt: Some(vec!["no-new-privileges".into()]),
        readonly_rootfs: Some(true),
        privileged: Some(false),
        network_mode: Some("none".into()),
        ipc_mode: Some("private".into()),
        cgroupns_mode: Some(HostConfigCgroupnsModeEnum::PRIVATE),
        shm_size: Some(SHM),
        ulimits: Some(vec![ulimit("nofile", 1024), ulimit("core", 0)]),
        init: Some(true),
        auto_remove: Some(false),
        ..HostConfig::default()
    }
}

/// What a sandbox has beside that: room to work, perhaps a network, perhaps dependencies, and no log on the host.
pub(crate) fn sandbox(
    docker: &Docker,
    limits: &Limits,
    room_for_ours: u64,
    network: &Network,
    dependencies: Option<&Dependencies>,
) -> HostConfig {
    let bounds = Bounds { memory: limits.memory, cpus: limits.cpus, pids: limits.pids };
    let ours = limits.output_bytes.saturating_add(room_for_ours);
    HostConfig {
        network_mode: Some(if *network == Network::None { "none".into() } else { "bridge".into() }),
        tmpfs: Some(HashMap::from([
            ("/work".into(), tmpfs("exec", limits.work_bytes, "0755", UID, UID)),
            ("/tmp".into(), tmpfs("noexec", limits.work_bytes, "1777", UID, UID)),
            ("/slipway".into(), tmpfs("noexec", ours, "0755", UID, UID)),
        ])),
        mounts: Some(dependencies.map(mount).into_iter().collect()),
        log_config: Some(HostConfigLogConfig { typ: Some("none".into()), config: None }),
        ..hardened(docker, &bounds)
    }
}

/// The same with the volume at `/deps`.
pub(crate) fn with_dependencies(config: HostConfig, dependencies: &Dependencies) -> HostConfig {
    HostConfig { mounts: Some(vec![mount(dependencies)]), ..config }
}

/// The options of a temporary file system of `size` bytes. The owner is given beside the mode, as a folder that the
/// image has at that place gives it its own mode.
pub(crate) fn tmpfs(exec: &str, size: u64, mode: &str, uid: u32, gid: u32) -> String {
    let inodes = size / BYTES_PER_INODE + 1024;
    format!("rw,{exec},nosuid,nodev,size={size},nr_inodes={inodes},mode={mode},uid={uid},gid={gid}")
}

fn ulimit(name: &str, limit: i64) -> ResourcesUlimits {
    ResourcesUlimits { name: Some(name.into()), soft: Some(limit), hard: Some(limit) }
}

fn mount(dependencies: &Dependencies) -> Mount {
    Mount {
        typ: Some(MountType::VOLUME),
        source: Some(dependencies.volume.clone()),
        target: Some("/deps".into()),
        read_only: Some(!dependencies.writable),
        ..Mount::default()
    }
}

/// How a live container differs from what was wanted, a line each.
pub(crate) fn differences(wanted: &HostConfig, user: &str, live: &ContainerInspectResponse) -> Vec<String> {
    let mut found = Differences::default();
    let nothing = HostConfig::default();
    let got = live.host_config.as_ref().unwrap_or(&nothing);
    found.compare(
        "user",
        &user,
        &live.config.as_ref().and_then(|config| config.user.as_deref()).unwrap_or_default(),
    );
    found.compare("memory", &wanted.memory, &got.memory);
    found.compare("memory with swap", &wanted.memory_swap, &got.memory_swap);
    found.compare("processors", &wanted.nano_cpus, &got.nano_cpus);
    found.compare("pids limit", &wanted.pids_limit, &got.pids_limit);
    found.compare("dropped capabilities", &wanted.cap_drop, &got.cap_drop);
    found.compare("security options", &wanted.security_opt, &got.security_opt);
    found.compare("read-only root", &wanted.readonly_rootfs, &got.readonly_rootfs);
    found.compare("privileged", &wanted.privileged, &got.privileged);
    found.compare("network", &wanted.network_mode, &got.network_mode);
    found.compare("ipc namespace", &wanted.ipc_mode, &got.ipc_mode);
    found.compare("cgroup namespace", &wanted.cgroupns_mode, &got.cgroupns_mode);
    found.compare("shared memory", &wanted.shm_size, &got.shm_size);
    found.compare("temporary file systems", &wanted.tmpfs, &got.tmpfs);
    found.compare("ulimits", &ulimits(wanted), &ulimits(got));
    found.compare("log driver", &log_driver(wanted), &log_driver(got));
    found.compare("init", &wanted.init, &got.init);
    found.compare("mounts", &wanted_mounts(wanted), &live_mounts(live));
    found.empty("added capabilities", got.cap_add.as_deref());
    found.empty("bind mounts", got.binds.as_deref());
    found.empty("devices", got.devices.as_deref());
    found.empty("device requests", got.device_requests.as_deref());
    found.empty("added groups", got.group_add.as_deref());
    for (what, mode) in [("pid", &got.pid_mode), ("uts", &got.uts_mode), ("user", &got.userns_mode)] {
        found.compare(&format!("{what} namespace"), &"", &mode.as_deref().unwrap_or_default());
    }
    found.0
}

#[derive(Default)]
struct Differences(Vec<String>);

impl Differences {
    fn compare<T: PartialEq + Debug>(&mut self, what: &str, wanted: &T, got: &T) {
        if wanted != got {
            self.0.push(format!("{what}: wanted {wanted:?}, got {got:?}"));
        }
    }

    fn empty<T: Debug>(&mut self, what: &str, got: Option<&[T]>) {
        if let Some(got) = got.filter(|got| !got.is_empty()) {
            self.0.push(format!("{what}: wanted none, got {got:?}"));
        }
    }
}

fn ulimits(config: &HostConfig) -> BTreeSet<(String, Option<i64>, Option<i64>)> {
    let all = config.ulimits.iter().flatten();
    all.map(|limit| (limit.name.clone().unwrap_or_default(), limit.soft, limit.hard)).collect()
}

fn log_driver(config: &HostConfig) -> Option<&str> {
    config.log_config.as_ref().and_then(|log| log.typ.as_deref())
}

type Mounted = BTreeSet<(String, String, bool)>;

fn wanted_mounts(config: &HostConfig) -> Mounted {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let all = config.mounts.iter().flatten();
    all.map(|mount| (text(&mount.source), text(&mount.target), mount.read_only == Some(false))).collect()
}

/// What is mounted but the temporary file systems, which have their own comparison.
fn live_mounts(live: &ContainerInspectResponse) -> Mounted {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let all = live.mounts.iter().flatten().filter(|mount| mount.typ.as_deref() != Some("tmpfs"));
    all.map(|mount| (text(&mount.name), text(&mount.destination), mount.rw == Some(true))).collect()
}

/// How the kernel's own word from inside, lines of `/proc/self/status` and `Net:` for each interface, differs from
/// the profile.
pub(crate) fn differences_inside(said: &str, network: &Network) -> Vec<String> {
    let value =
        |key: &str| said.lines().find_map(|line| line.strip_prefix(key)).map(str::trim).unwrap_or_default();
    let mut found = Differences::default();
    let uid = UID.to_string();
    for key in ["Uid:", "Gid:"] {
        let alike = !value(key).is_empty() && value(key).split_whitespace().all(|id| id == uid);
        found.compare(key, &true, &alike);
    }
    for key in ["CapInh:", "CapPrm:", "CapEff:", "CapBnd:", "CapAmb:"] {
        found.compare(key, &"0000000000000000", &value(key));
    }
    found.compare("NoNewPrivs:", &"1", &value("NoNewPrivs:"));
    found.compare("Seccomp:", &"2", &value("Seccomp:"));
    if *network == Network::None {
        let interfaces: Vec<&str> =
            said.lines().filter_map(|line| line.strip_prefix("Net:")).map(str::trim).collect();
        found.compare("interfaces", &vec!["lo"], &interfaces);
    }
    found.0
}

#[cfg(test)]
mod tests {
    use bollard::models::{ContainerConfig, MountPoint};

    use super::*;

    fn wanted() -> HostConfig {
        HostConfig {
            memory: Some(1),
            cap_drop: Some(vec!["ALL".into()]),
            readonly_rootfs: Some(true),
            privileged: Some(false),
            network_mode: Some("none".into()),
            mounts: Some(vec![mount(&Dependencies { volume: "v".into(), writable: false })]),
            ..HostConfig::default()
        }
    }

    fn live(change: impl FnOnce(&mut HostConfig)) -> ContainerInspectResponse {
        let mut config = wanted();
        change(&mut config);
        ContainerInspectResponse {
            config: Some(ContainerConfig { user: Some(USER.into()), ..ContainerConfig::default() }),
            host_config: Some(config),
            mounts: Some(vec![MountPoint {
                name: Some("v".into()),
                destination: Some("/deps".into()),
                rw: Some(false),
                ..MountPoint::default()
            }]),
            ..ContainerInspectResponse::default()
        }
    }

    #[test]
    fn a_container_as_wanted_differs_in_nothing() {
        assert_eq!(differences(&wanted(), USER, &live(|_| {})), Vec::<String>::new());
    }

    #[test]
    fn every_option_that_was_lost_or_added_is_told() {
        let lost: [fn(&mut HostConfig); 9] = [
            |got| got.memory = None,
            |got| got.cap_drop = None,
            |got| got.readonly_rootfs = Some(false),
            |got| got.privileged = Some(true),
            |got| got.network_mode = Some("bridge".into()),
            |got| got.cap_add = Some(vec!["SYS_ADMIN".into()]),
            |got| got.binds = Some(vec!["/:/host".into()]),
            |got| got.pid_mode = Some("host".into()),
            |got| got.userns_mode = Some("host".into()),
        ];
        for change in lost {
            assert_eq!(differences(&wanted(), USER, &live(change)).len(), 1);
        }
    }

    #[test]
    fn another_user_or_another_mount_is_told() {
        assert_eq!(differences(&wanted(), "1:1", &live(|_| {})).len(), 1);
        let mut got = live(|_| {});
        got.mounts.as_mut().unwrap()[0].rw = Some(true);
        assert_eq!(differences(&wanted(), USER, &got).len(), 1);
        got.mounts = None;
        assert_eq!(differences(&wanted(), USER, &got).len(), 1);
    }

    #[test]
    fn silence_from_inside_is_a_difference_in_everything() {
        assert_eq!(differences_inside("", &Network::None).len(), 10);
    }
}
