//! `slipway bench --sequential`: what the pipeline itself costs, against the bare flushes that it cannot do without.
//!
//! A run is six no-op steps through the real workflow engine, `perform` and journal. The raw limit is measured in the
//! same process on the same disk, in rounds that alternate: files of the same records, appended and flushed, and
//! nothing else.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use slipway_agents::{Definition as Agent, Role};
use slipway_engines::Blueprint;
use slipway_git_store::Store;
use slipway_protocol::{Approval, CommitId, Incarnation, PreviewMode, Priority, Task, TaskId};
use slipway_runtime::{Clock, SystemClock};
use slipway_worker::hands::{Hands, Limits, Sandbox, Setup};
use slipway_worker::{Layout, Performer, Sequential};
use slipway_workflow::Status;
use tokio_util::sync::CancellationToken;

use crate::args::{BenchArgs, Global};
use crate::environment;
use crate::exit::{Exit, Failure, Outcome};
use crate::output;
use crate::view::Silent;

/// Rounds of each kind; they alternate, so that a slow moment of the disk hits both.
const ROUNDS: u32 = 5;

pub(super) async fn run(args: &BenchArgs, global: &Global) -> Outcome {
    let layout = environment::layout(global)?;
    let folder = layout.root().join(format!("bench-{}", SystemClock.new_id()));
    std::fs::create_dir(&folder)?;
    let measured = measure(args.runs, &folder).await;
    std::fs::remove_dir_all(&folder)?;
    let (pipeline, flushes, flushes_per_run) = measured?;

    let total = f64::from(args.runs * ROUNDS);
    let runs_per_s = total / pipeline.as_secs_f64();
    let flush_only_runs_per_s = total / flushes.as_secs_f64();
    let ratio = runs_per_s / flush_only_runs_per_s;
    if !global.json {
        output::talk(&format!("{} rounds of {} runs, {flushes_per_run} flushes a run", ROUNDS, args.runs));
        output::talk(
            "ratio_to_flushes is runs_per_s / flush_only_runs_per_s; at least 0.5 means at most twice the raw time",
        );
        return output::data(&format!(
            "{runs_per_s:.0} runs/s; the flushes alone {flush_only_runs_per_s:.0} runs/s; ratio {ratio:.2}"
        ));
    }
    output::json(&json!({
        "runs": args.runs * ROUNDS,
        "steps_per_run": 6,
        "flushes_per_run": flushes_per_run,
        "runs_per_s": runs_per_s,
        "flush_only_runs_per_s": flush_only_runs_per_s,
        "ratio_to_flushes": ratio,
    }))
}

async fn measure(runs: u32, folder: &Path) -> Result<(Duration, Duration, usize), Failure> {
    let driver = driver(folder)?;
    let sample = one_run(&driver).await?;
    let records = record_sizes(&std::fs::read(driver.recorder().layout().journal(sample))?);
    let (mut pipeline, mut flushes) = (Duration::ZERO, Duration::ZERO);
    for round in 0..ROUNDS {
        let began = Instant::now();
        for _ in 0..runs {
            one_run(&driver).await?;
        }
        pipeline += began.elapsed();
        let began = Instant::now();
        for run in 0..runs {
            only_flush(&folder.join(format!("flush-{round}-{run}")), &records)?;
        }
        flushes += began.elapsed();
    }
    // One more than the records: a new file's folder entry is flushed too.
    Ok((pipeline, flushes, records.len() + 1))
}

fn driver(folder: &Path) -> Result<Sequential, Failure> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let layout = Layout::open(folder, clock.new_id())?;
    let hands = Hands::new(Setup {
        store: Store::new(layout.repositories()),
        engine: Arc::new(Blueprint),
        sandbox: Sandbox::Process { any_engine: false },
        preview: None,
        preview_ttl: time::Duration::HOUR,
        limits: Limits::default(),
        pull: false,
        languages: Vec::new(),
        owner: layout.owner().to_owned(),
        work_dir: layout.work(),
    });
    let agents = Agent::built_in().into_iter().map(|agent| Agent { role: Role::Noop, ..agent }).collect();
    let performer = Performer::new(agents, hands, Incarnation::new(clock.new_id()), Arc::clone(&clock));
    Ok(Sequential::new(layout, environment::delivery(), performer, clock))
}

async fn one_run(driver: &Sequential) -> Result<TaskId, Failure> {
    let task = Task {
        id: TaskId::new(SystemClock.new_id()),
        prompt: "measure the pipeline".parse().expect("the prompt is a constant and valid"),
        priority: Priority::Normal,
        repository: None,
        approval: Approval::Auto,
        preview: PreviewMode::Auto,
        isolation: None,
        created_at: SystemClock.now(),
    };
    let id = task.id;
    let base: CommitId = "0".repeat(40).parse().expect("the commit is a constant and valid");
    let mut underway = driver.begin_at(&task, base, &Silent)?;
    driver.drive(&mut underway, &Silent, &CancellationToken::new()).await?;
    if *underway.run().status() == Status::Completed {
        Ok(id)
    } else {
        Err(Failure::new(Exit::Failed, "bench.run", "a no-op run did not complete"))
    }
}

fn record_sizes(journal: &[u8]) -> Vec<usize> {
    journal.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::len).collect()
}

/// What a run cannot do without: a folder, a file in it, and each record flushed.
fn only_flush(folder: &Path, records: &[usize]) -> std::io::Result<()> {
    std::fs::create_dir(folder)?;
    let mut file = OpenOptions::new().append(true).create_new(true).open(folder.join("journal"))?;
    std::fs::File::open(folder)?.sync_all()?;
    let bytes = vec![b'x'; records.iter().copied().max().unwrap_or_default()];
    for size in records {
        file.write_all(&bytes[..*size])?;
        file.sync_data()?;
    }
    Ok(())
}
