//! The process's own figures, from `/proc`, by the names that Prometheus' client libraries give them.
//! Where there is no `/proc` they are left out.

use std::fs;

/// A figure's name, its kind, and its value.
type Figure = (&'static str, &'static str, f64);

/// What `/proc` says of this process.
pub(super) fn figures() -> Vec<Figure> {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let machine = fs::read_to_string("/proc/stat").unwrap_or_default();
    let ticks = precise(rustix::param::clock_ticks_per_second());
    let page = precise(rustix::param::page_size() as u64);
    let mut figures = from_stat(&stat, &machine, ticks, page);
    if let Ok(entries) = fs::read_dir("/proc/self/fd") {
        figures.push(("process_open_fds", "gauge", precise(entries.count() as u64)));
    }
    figures
}

/// The figures that `/proc/self/stat` (proc(5): its fields after the name in parentheses) and `/proc/stat` hold.
fn from_stat(stat: &str, machine: &str, ticks: f64, page: f64) -> Vec<Figure> {
    let Some((_, fields)) = stat.rsplit_once(')') else { return Vec::new() };
    let fields: Vec<&str> = fields.split_whitespace().collect();
    // The third field of proc(5) is the first one here.
    let field = |number: usize| fields.get(number - 3)?.parse().ok().map(precise);
    let mut figures = Vec::new();
    if let (Some(user), Some(system)) = (field(14), field(15)) {
        figures.push(("process_cpu_seconds_total", "counter", (user + system) / ticks));
    }
    if let Some(pages) = field(24) {
        figures.push(("process_resident_memory_bytes", "gauge", pages * page));
    }
    if let Some(threads) = field(20) {
        figures.push(("process_threads", "gauge", threads));
    }
    let booted = machine.lines().find_map(|line| line.strip_prefix("btime ")?.trim().parse().ok());
    if let (Some(after), Some(booted)) = (field(22), booted.map(precise)) {
        figures.push(("process_start_time_seconds", "gauge", booted + after / ticks));
    }
    figures
}

#[expect(clippy::cast_precision_loss, reason = "figures beyond 2^53 need not be exact")]
const fn precise(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figures_are_read_past_a_name_with_spaces_and_parentheses() {
        let stat = "42 (a (b) c) S 1 1 1 0 -1 0 0 0 0 0 150 50 0 0 20 0 7 0 1000 999 25 0";
        let figures = from_stat(stat, "cpu 1\nbtime 5000\n", 100.0, 4096.0);
        assert_eq!(
            figures,
            [
                ("process_cpu_seconds_total", "counter", 2.0),
                ("process_resident_memory_bytes", "gauge", 102_400.0),
                ("process_threads", "gauge", 7.0),
                ("process_start_time_seconds", "gauge", 5010.0),
            ]
        );
        assert_eq!(from_stat("", "", 100.0, 4096.0), []);
    }
}
