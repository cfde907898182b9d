//! The settings: the defaults, and where a broker's URL may come from.

use slipway_runtime::config::Origin;

use super::*;

fn args() -> Args {
    Args { agents: Vec::new(), config: None, data_dir: None, verb: None }
}

fn read(environment: &[(&str, &str)]) -> Result<Loaded<Config>, Failure> {
    let environment = environment.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    read_with(&args(), environment)
}

fn problem(environment: &[(&str, &str)]) -> String {
    format!("{:?}", read(environment).unwrap_err())
}

#[test]
fn the_defaults_lack_only_the_brokers_url() {
    let problem = problem(&[]);
    assert!(problem.contains("BROKER_URL"), "{problem}");
    let config = read(&[("BROKER_URL", "memory:")]).unwrap().values;
    assert_eq!((config.broker.url.as_str(), config.sandbox.kind), ("memory:", SandboxKind::Docker));
    assert_eq!(config.engine.languages, [Language::Python, Language::Node]);
}

#[test]
fn the_name_with_the_prefix_wins_over_the_plain_one() {
    let environment = [("BROKER_URL", "memory:plain"), ("SLIPWAY_BROKER__URL", "memory:prefixed")];
    let loaded = read(&environment).unwrap();
    assert_eq!(loaded.values.broker.url, "memory:prefixed");
    let setting = loaded.settings.iter().find(|setting| setting.key == "broker.url").unwrap();
    assert_eq!(setting.origin, Origin::Environment("SLIPWAY_BROKER__URL".into()));
}

#[test]
fn a_wrong_value_is_refused_by_its_key_and_a_secret_is_not_in_debug_texts() {
    let broker = ("BROKER_URL", "amqp://worker:secret@host/slipway");
    assert!(problem(&[broker, ("SLIPWAY_WORKER__BEAT_SECONDS", "20")]).contains("worker.beat_seconds"));
    assert!(problem(&[broker, ("SLIPWAY_HEALTH__LISTEN", "here")]).contains("127.0.0.1:9090"));
    assert!(problem(&[broker, ("SLIPWAY_ENGINE__LANGUAGES", "cobol")]).contains("cobol"));
    assert!(problem(&[broker, ("SLIPWAY_WORKER__SLOT", "1")]).contains("worker.slots"));
    let values = read(&[broker, ("SLIPWAY_REPOSITORIES__TOKEN", "hidden")]).unwrap().values;
    let text = format!("{values:?}");
    assert!(!text.contains("secret") && !text.contains("hidden"), "{text}");
}
