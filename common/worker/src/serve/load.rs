//! How busy the machine is, as Linux tells it; zeros elsewhere.

use std::fs;

use slipway_protocol::fleet::Load;

/// The load now.
pub(super) fn now() -> Load {
    Load {
        one_minute: fs::read_to_string("/proc/loadavg")
            .ok()
            .and_then(|text| one_minute(&text))
            .unwrap_or(0.0),
        resident_bytes: fs::read_to_string("/proc/self/status")
            .ok()
            .and_then(|text| resident(&text))
            .unwrap_or(0),
    }
}

/// Source: proc(5), `/proc/loadavg`.
fn one_minute(loadavg: &str) -> Option<f32> {
    loadavg.split(' ').next()?.parse().ok()
}

/// Source: proc(5), `/proc/pid/status`. Its `VmRSS` is in KiB, where `statm` counts pages of a size that differs.
fn resident(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_files_are_read_as_linux_writes_them() {
        assert_eq!(one_minute("0.52 0.58 0.59 1/467 12345\n"), Some(0.52));
        assert_eq!(resident("Name:\tslipway\nVmRSS:\t    2048 kB\nThreads:\t3\n"), Some(2 * 1024 * 1024));
        assert_eq!(resident("Name:\tslipway\n"), None);
    }
}
