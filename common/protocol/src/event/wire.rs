//! How an event is written: `CloudEvents` 1.0 structured JSON with Slipway's extension attributes.
//! Source of the envelope: <https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md>.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::Event;
use super::data::{Cause, Data, Unknown};
use crate::artefact::ArtefactRef;
use crate::id::{
    CommitId, EventId, ExecutionId, Holder, Incarnation, Lease, RunId, StepId, TaskId, WorkflowId,
};
use crate::report::{Report, ReportKind};
use crate::task::{Priority, Task};

/// The media type of an event on a broker.
pub const CONTENT_TYPE: &str = "application/cloudevents+json";

/// The version of the data of every type that this program writes.
const DATA_VERSION: u32 = 1;

/// Bytes that are not an event.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// Not JSON, or not of the envelope's shape.
    #[error("not a CloudEvents 1.0 envelope")]
    Envelope(#[source] serde_json::Error),
    /// Another version of the specification.
    #[error("specversion is {0:?}, only \"1.0\" is read")]
    SpecVersion(String),
    /// The data of a known type and version does not fit.
    #[error("the data of {event_type} does not fit its schema")]
    Data {
        /// The event's type.
        event_type: String,
        /// What does not fit.
        #[source]
        source: serde_json::Error,
    },
    /// An event that must name its attempt does not.
    #[error("{event_type} must name executionid, lease and incarnation, or none of them")]
    Holder {
        /// The event's type.
        event_type: String,
    },
}

#[derive(Serialize, Deserialize)]
struct Envelope {
    specversion: String,
    id: EventId,
    source: String,
    #[serde(rename = "type")]
    event_type: String,
    #[serde(with = "time::serde::rfc3339")]
    time: OffsetDateTime,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    datacontenttype: Option<String>,
    taskid: TaskId,
    runid: RunId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    executionid: Option<ExecutionId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lease: Option<Lease>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    incarnation: Option<Incarnation>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    correlationid: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    causationid: Option<EventId>,
    #[serde(default)]
    priority: Priority,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    traceparent: Option<String>,
    #[serde(default = "first_version")]
    dataversion: u32,
    #[serde(default, skip_serializing_if = "Value::is_null")]
    data: Value,
}

const fn first_version() -> u32 {
    1
}

pub(super) fn encode(event: &Event) -> Vec<u8> {
    let (dataversion, data) = encode_data(&event.data);
    let envelope = Envelope {
        specversion: "1.0".into(),
        id: event.id,
        source: event.source.clone(),
        event_type: event.event_type().into(),
        time: event.time,
        datacontenttype: (!data.is_null()).then(|| "application/json".into()),
        taskid: event.task,
        runid: event.run,
        executionid: event.holder.map(|holder| holder.execution),
        lease: event.holder.map(|holder| holder.lease),
        incarnation: event.holder.map(|holder| holder.incarnation),
        correlationid: Some(event.task.to_string()),
        causationid: event.cause,
        priority: event.priority,
        traceparent: event.traceparent.clone(),
        dataversion,
        data,
    };
    serde_json::to_vec(&envelope).expect("an envelope has string keys only")
}

pub(super) fn decode(bytes: &[u8]) -> Result<Event, DecodeError> {
    let envelope: Envelope = serde_json::from_slice(bytes).map_err(DecodeError::Envelope)?;
    if envelope.specversion != "1.0" {
        return Err(DecodeError::SpecVersion(envelope.specversion));
    }
    let holder = match (envelope.executionid, envelope.lease, envelope.incarnation) {
        (Some(execution), Some(lease), Some(incarnation)) => Some(Holder { execution, lease, incarnation }),
        (None, None, None) => None,
        _ => return Err(DecodeError::Holder { event_type: envelope.event_type }),
    };
    let data = decode_data(&envelope.event_type, envelope.dataversion, envelope.data)
        .map_err(|source| DecodeError::Data { event_type: envelope.event_type, source })?;
    Ok(Event {
        id: envelope.id,
        source: envelope.source,
        time: envelope.time,
        task: envelope.taskid,
        run: envelope.runid,
        holder,
        priority: envelope.priority,
        cause: envelope.causationid,
        traceparent: envelope.traceparent,
        data,
    })
}

#[derive(Serialize, Deserialize)]
struct Initiated {
    task: Task,
    workflow: WorkflowId,
    workflow_version: u32,
    base: CommitId,
}

#[derive(Serialize, Deserialize)]
struct Failed {
    cause: Cause,
    retryable: bool,
    message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    code: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Finished {
    #[serde(flatten)]
    report: Report,
    commit: CommitId,
    #[serde(default)]
    artefacts: Vec<ArtefactRef>,
}

#[derive(Serialize, Deserialize)]
struct Reason {
    reason: String,
}

#[derive(Serialize, Deserialize)]
struct By {
    by: String,
}

#[derive(Serialize, Deserialize)]
struct Progress {
    step: StepId,
    message: String,
}

#[derive(Serialize, Deserialize)]
struct Granted {
    commit: CommitId,
    by: String,
}

#[derive(Serialize, Deserialize)]
struct Denied {
    commit: CommitId,
    by: String,
    reason: String,
}

#[derive(Serialize, Deserialize)]
struct Requested {
    commit: CommitId,
    step: StepId,
}

fn encode_data(data: &Data) -> (u32, Value) {
    let value = match data.clone() {
        Data::TaskInitiated { task, workflow, workflow_version, base } => {
            to_value(Initiated { task: *task, workflow, workflow_version, base })
        }
        Data::ExecutionStarted | Data::TaskCompleted => Value::Null,
        Data::ExecutionFailed { cause, retryable, message, code } => {
            to_value(Failed { cause, retryable, message, code })
        }
        Data::Result { report, commit, artefacts } => to_value(Finished { report, commit, artefacts }),
        Data::ExecutionReleased { reason }
        | Data::DispatchReturned { reason }
        | Data::TaskFailed { reason } => to_value(Reason { reason }),
        Data::TaskProgress { step, message } => to_value(Progress { step, message }),
        Data::ApprovalGranted { commit, by } => to_value(Granted { commit, by }),
        Data::ApprovalDenied { commit, by, reason } => to_value(Denied { commit, by, reason }),
        Data::ApprovalRequested { commit, step } => to_value(Requested { commit, step }),
        Data::TaskCancelled { by } => json!({ "by": by }),
        Data::Unknown(unknown) => return (unknown.version, unknown.data),
    };
    (DATA_VERSION, value)
}

fn to_value(data: impl Serialize) -> Value {
    serde_json::to_value(data).expect("event data has string keys only")
}

fn decode_data(event_type: &str, version: u32, data: Value) -> Result<Data, serde_json::Error> {
    if version != DATA_VERSION {
        return Ok(Data::Unknown(Unknown { event_type: event_type.into(), version, data }));
    }
    Ok(match event_type {
        "task.initiated" => {
            let Initiated { task, workflow, workflow_version, base } = read(data)?;
            Data::TaskInitiated { task: Box::new(task), workflow, workflow_version, base }
        }
        "execution.started" => Data::ExecutionStarted,
        "execution.failed" => {
            let Failed { cause, retryable, message, code } = read(data)?;
            Data::ExecutionFailed { cause, retryable, message, code }
        }
        "execution.released" => Data::ExecutionReleased { reason: read::<Reason>(data)?.reason },
        "dispatch.returned" => Data::DispatchReturned { reason: read::<Reason>(data)?.reason },
        "task.progress" => {
            let Progress { step, message } = read(data)?;
            Data::TaskProgress { step, message }
        }
        "approval.granted" => {
            let Granted { commit, by } = read(data)?;
            Data::ApprovalGranted { commit, by }
        }
        "approval.denied" => {
            let Denied { commit, by, reason } = read(data)?;
            Data::ApprovalDenied { commit, by, reason }
        }
        "approval.requested" => {
            let Requested { commit, step } = read(data)?;
            Data::ApprovalRequested { commit, step }
        }
        "task.completed" => Data::TaskCompleted,
        "task.failed" => Data::TaskFailed { reason: read::<Reason>(data)?.reason },
        "task.cancelled" => Data::TaskCancelled { by: read::<By>(data)?.by },
        _ => return decode_result(event_type, version, data),
    })
}

fn decode_result(event_type: &str, version: u32, data: Value) -> Result<Data, serde_json::Error> {
    let Some(kind) = ReportKind::ALL.into_iter().find(|kind| kind.event_type() == event_type) else {
        return Ok(Data::Unknown(Unknown { event_type: event_type.into(), version, data }));
    };
    let Finished { report, commit, artefacts } = read(data)?;
    if report.kind() != kind {
        let problem = format!("a report of {} in an event of type {event_type}", report.kind());
        return Err(serde::de::Error::custom(problem));
    }
    Ok(Data::Result { report, commit, artefacts })
}

fn read<T: DeserializeOwned>(data: Value) -> Result<T, serde_json::Error> {
    serde_json::from_value(data)
}
