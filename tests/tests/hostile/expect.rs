//! What must come of an attack: `expect.json` in its folder.

use isolator_tests::workspace;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// What is written beside an attack.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// What the attack does, in a sentence.
    pub about: String,
    /// Outcomes that are right, as `outcome::name` writes them; `*` at the end stands for anything, `any` for every typed outcome.
    pub outcome: Vec<String>,
    /// Limits that the runtime has beside the default ones.
    #[serde(default)]
    pub limits: LimitSet,
    /// The attack returns a task, which is waited for.
    #[serde(default)]
    pub task: bool,
    /// How often it runs, each time in a fresh runtime and with another number as argument; none: once, without argument.
    pub rounds: Option<i32>,
    /// What is done afterwards in the same runtime.
    pub then: Option<Then>,
    /// Whether the runtime must be alive in the end.
    pub alive: Option<bool>,
    /// Part of what the attack returns, or of the error.
    pub text: Option<String>,
    /// What must not be in what it returns.
    #[serde(default)]
    pub absent: Vec<String>,
    /// A directory for it, with traps in it.
    pub grant: Option<Grant>,
    /// Somebody changes the directory meanwhile.
    #[serde(default)]
    pub race: bool,
    /// What ran in the runtime's place before.
    pub before: Option<Before>,
    /// Most memory that the host may take for it, in MiB.
    pub host_mib: Option<u64>,
    /// Most that it may occupy on disk, in MiB.
    pub disk_mib: Option<u64>,
    /// The process must still be able to open files while the attacker's are open.
    #[serde(default)]
    pub descriptors: bool,
}

/// Limits of one runtime.
#[derive(Debug, Default, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitSet {
    /// Milliseconds of one call.
    pub timeout_ms: Option<u64>,
    /// Memory beyond the snapshot.
    pub memory_mib: Option<u64>,
    /// Standard output and error together.
    pub output_kib: Option<u64>,
    /// What may be written to granted directories.
    pub disk_mib: Option<u64>,
    /// How many files and directories may be made.
    pub files: Option<u64>,
}

/// What follows an attack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Then {
    /// A collection, with its finalizers: what it ends in is the outcome.
    Collect,
    /// Timers and continuations run.
    Pump,
    /// Calls of every kind.
    Calls,
}

/// A granted directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Grant {
    /// To read.
    Ro,
    /// To read and write.
    Rw,
}

/// What ran before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Before {
    /// Another tenant, with a secret, in the same place of the pool.
    Tenant,
}

fn root() -> PathBuf {
    workspace().join("tests/fixtures/Hostile")
}

/// The names of all attacks.
pub fn folders() -> BTreeSet<String> {
    std::fs::read_dir(root())
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().join("Attack.cs").is_file())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect()
}

impl Expect {
    /// Reads what is expected of an attack.
    pub fn of(attack: &str) -> Self {
        let path = root().join(attack).join("expect.json");
        let text = std::fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// Whether an outcome is one of those that are right.
    pub fn allows(&self, outcome: &str) -> bool {
        self.outcome
            .iter()
            .any(|allowed| match allowed.strip_suffix('*') {
                Some(start) => outcome.starts_with(start),
                None => allowed == "any" || allowed == outcome,
            })
    }
}
