//! A worker's command line: what can be said, not what is done about it.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use slipway_protocol::AgentId;

const AFTER: &str = "\
Exit codes:
   0  ended in good order
   1  failed, or ended by a second signal
   2  wrong usage or configuration

A first SIGTERM or SIGINT lets steps end within the grace period and gives back the rest; a second one ends at once.
The log goes to standard error.";

/// Whom a binary serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Serving {
    /// This built-in agent.
    One(&'static str),
    /// Those that `--agents` names.
    Named,
}

/// What was said.
#[derive(Debug, Clone)]
pub(super) struct Args {
    /// Whom to serve.
    pub(super) agents: Vec<Wanted>,
    /// The configuration file.
    pub(super) config: Option<PathBuf>,
    /// Where the state lies.
    pub(super) data_dir: Option<PathBuf>,
    /// What to do; without one, to serve.
    pub(super) verb: Option<Verb>,
}

/// An agent that is to be served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted {
    /// The agent.
    pub(super) agent: AgentId,
    /// How many steps at a time; `None` as the settings say.
    pub(super) slots: Option<u16>,
}

/// What can be done besides serving.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Subcommand)]
pub(super) enum Verb {
    /// Ask the worker that runs with these settings whether it is ready
    Healthcheck,
    /// Check or show the configuration
    #[command(subcommand)]
    Config(ConfigVerb),
}

/// What can be done with the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Subcommand)]
pub(super) enum ConfigVerb {
    /// Check the configuration
    Check,
    /// Print every setting with its origin
    Show,
}

/// Serves steps of a fleet.
#[derive(Debug, Parser)]
#[command(version, after_help = AFTER, propagate_version = true)]
struct OfOne {
    #[command(flatten)]
    common: Common,
}

/// Serves steps of a fleet, for any agents.
#[derive(Debug, Parser)]
#[command(version, after_help = AFTER, propagate_version = true)]
struct OfNamed {
    /// The agents to serve, each with its slots if they are to differ from the settings: coder=3,tester
    #[arg(
        long,
        env = "SLIPWAY_AGENTS",
        value_delimiter = ',',
        required = true,
        value_name = "AGENT[=SLOTS]"
    )]
    agents: Vec<String>,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Clone, clap::Args)]
struct Common {
    /// The configuration file
    #[arg(long, global = true, env = "SLIPWAY_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where clones and events that are not applied yet lie
    #[arg(long, global = true, env = "SLIPWAY_DATA_DIR", value_name = "DIR")]
    data_dir: Option<PathBuf>,
    #[command(subcommand)]
    verb: Option<Verb>,
}

impl Args {
    /// Reads this process's arguments.
    pub(super) fn read(name: &'static str, serving: Serving) -> Result<Self, clap::Error> {
        Self::parse(name, serving, std::env::args_os())
    }

    fn parse(
        name: &'static str,
        serving: Serving,
        arguments: impl Iterator<Item = OsString>,
    ) -> Result<Self, clap::Error> {
        let known = known();
        match serving {
            Serving::One(agent) => {
                let matches = OfOne::command().name(name).try_get_matches_from(arguments)?;
                let OfOne { common } = OfOne::from_arg_matches(&matches)?;
                let agent =
                    wanted(agent, &known).expect("a binary names a built-in agent; a test starts each");
                Ok(Self::of(vec![agent], common))
            }
            Serving::Named => {
                let mut command = OfNamed::command().name(name);
                let matches = command.try_get_matches_from_mut(arguments)?;
                let OfNamed { agents, common } = OfNamed::from_arg_matches(&matches)?;
                let agents = agents.iter().map(|text| wanted(text, &known)).collect::<Result<_, _>>();
                let agents = agents.and_then(once_each);
                let agents =
                    agents.map_err(|problem| command.error(clap::error::ErrorKind::InvalidValue, problem))?;
                Ok(Self::of(agents, common))
            }
        }
    }

    fn of(agents: Vec<Wanted>, common: Common) -> Self {
        Self { agents, config: common.config, data_dir: common.data_dir, verb: common.verb }
    }
}

/// The agents that this program has.
fn known() -> Vec<AgentId> {
    slipway_agents::Definition::built_in().into_iter().map(|definition| definition.id).collect()
}

fn wanted(text: &str, known: &[AgentId]) -> Result<Wanted, String> {
    let (name, slots) = match text.trim().split_once('=') {
        Some((name, slots)) => (name, Some(slots)),
        None => (text.trim(), None),
    };
    let agent = known.iter().find(|known| known.as_str() == name).cloned().ok_or_else(|| {
        let known: Vec<&str> = known.iter().map(AgentId::as_str).collect();
        format!("there is no agent {name:?}; there are {}", known.join(", "))
    })?;
    let slots = slots.map(|slots| match slots.parse() {
        Ok(slots @ 1..=1000) => Ok(slots),
        _ => Err(format!("{text:?}: slots are a number from 1 to 1000")),
    });
    Ok(Wanted { agent, slots: slots.transpose()? })
}

fn once_each(agents: Vec<Wanted>) -> Result<Vec<Wanted>, String> {
    for (index, wanted) in agents.iter().enumerate() {
        if agents[..index].iter().any(|other| other.agent == wanted.agent) {
            return Err(format!("the agent {} is named twice", wanted.agent));
        }
    }
    Ok(agents)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Args, clap::Error> {
        let arguments = std::iter::once("slipway-worker").chain(arguments.iter().copied());
        Args::parse("slipway-worker", Serving::Named, arguments.map(OsString::from))
    }

    #[test]
    fn agents_are_named_with_or_without_slots() {
        let args = parse(&["--agents", "coder=3,tester"]).unwrap();
        let named: Vec<_> = args.agents.iter().map(|it| (it.agent.as_str(), it.slots)).collect();
        assert_eq!(named, [("coder", Some(3)), ("tester", None)]);
        assert_eq!(args.verb, None);
    }

    #[test]
    fn an_agent_that_is_not_known_is_refused_with_those_that_are() {
        let error = parse(&["--agents", "coder,cook"]).unwrap_err();
        assert_eq!(error.exit_code(), 2);
        let text = error.to_string();
        assert!(text.contains("\"cook\"") && text.contains("planner, architect, coder"), "{text}");
        for wrong in ["coder=0", "coder=many", "coder,coder", ""] {
            assert_eq!(parse(&["--agents", wrong]).unwrap_err().exit_code(), 2, "{wrong:?}");
        }
    }

    #[test]
    fn a_binary_of_one_agent_serves_it() {
        let arguments = ["slipway-coder", "config", "show"].map(OsString::from);
        let args = Args::parse("slipway-coder", Serving::One("coder"), arguments.into_iter()).unwrap();
        assert_eq!(args.agents[0].agent.as_str(), "coder");
        assert_eq!(args.verb, Some(Verb::Config(ConfigVerb::Show)));
    }
}
