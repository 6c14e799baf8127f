//! What tools are called with.

use rmcp::model::JsonObject;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::num::NonZeroU64;
use std::time::Duration;

/// Of `execute_csharp`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Execute {
    /// The C# source: a program (top-level statements, or a class with `Main`), or a single expression whose value is wanted. Print what you want to see with Console.WriteLine.
    pub code: String,
    /// What the program reads from standard input, such as with Console.ReadLine. Empty if left out.
    #[serde(default)]
    pub stdin: String,
    /// Command-line arguments of the program: the variable `args` of top-level statements.
    #[serde(default)]
    pub args: Vec<String>,
    /// Milliseconds that the run may take, compilation not counted, if less than the server grants. More than it grants counts as what it grants.
    #[serde(default)]
    pub timeout_ms: Option<NonZeroU64>,
}

/// Of `check_csharp`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Check {
    /// The C# source.
    pub code: String,
}

/// Of `session_create`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SessionCreate {}

/// Of `session_execute`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SessionExecute {
    /// The session: what `session_create` returned as `session_id`.
    pub session_id: String,
    /// The C# to run next: statements, declarations, or an expression whose value is wanted. It sees the variables, methods, types and `using`s of what ran before in this session.
    pub code: String,
    /// Milliseconds that it may take, compilation included, if less than the server grants. A session whose time runs out is gone.
    #[serde(default)]
    pub timeout_ms: Option<NonZeroU64>,
}

/// Of `session_destroy`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SessionDestroy {
    /// The session: what `session_create` returned as `session_id`.
    pub session_id: String,
}

/// Reads a tool's arguments.
///
/// # Errors
/// Which one is wrong, and what it should be: for the model, which can do better.
pub(crate) fn read<T: DeserializeOwned>(arguments: Option<JsonObject>) -> Result<T, String> {
    let object = serde_json::Value::Object(arguments.unwrap_or_default());
    serde_path_to_error::deserialize(object).map_err(|error| {
        let path = error.path().to_string();
        let why = error.into_inner();
        match &*path {
            "." => format!("the arguments are wrong: {why}"),
            path => format!("the argument `{path}` is wrong: {why}"),
        }
    })
}

/// The time that a call may take: what is granted, or less.
pub(crate) fn timeout(asked: Option<NonZeroU64>, granted: Duration) -> Duration {
    asked.map_or(granted, |milliseconds| {
        Duration::from_millis(milliseconds.get()).min(granted)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn execute(arguments: serde_json::Value) -> Result<Execute, String> {
        read(arguments.as_object().cloned())
    }

    #[test]
    fn what_is_left_out_has_a_default() {
        let read = execute(json!({"code": "1"})).unwrap();
        assert_eq!((&*read.code, &*read.stdin), ("1", ""));
        assert_eq!((read.args.len(), read.timeout_ms), (0, None));
        let read =
            execute(json!({"code": "1", "stdin": "a", "args": ["b"], "timeout_ms": 5})).unwrap();
        assert_eq!((&*read.stdin, &*read.args), ("a", &["b".to_owned()][..]));
        assert_eq!(read.timeout_ms.map(NonZeroU64::get), Some(5));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (arguments, part) in [
            (json!({}), "missing field `code`"),
            (json!({"code": 5}), "`code` is wrong"),
            (json!({"code": "1", "args": ["a", 2]}), "`args[1]` is wrong"),
            (
                json!({"code": "1", "timeout_ms": 0}),
                "`timeout_ms` is wrong",
            ),
            (
                json!({"code": "1", "timeout_ms": -1}),
                "`timeout_ms` is wrong",
            ),
            (json!({"code": "1", "memory": 1}), "unknown field `memory`"),
            (json!({"code": "1", "dir": "/"}), "unknown field `dir`"),
        ] {
            let message = execute(arguments).unwrap_err();
            assert!(message.contains(part), "{message}");
        }
        assert!(read::<Check>(None).unwrap_err().contains("`code`"));
        assert!(read::<SessionCreate>(None).is_ok());
    }

    #[test]
    fn no_call_has_more_time_than_is_granted() {
        let granted = Duration::from_secs(2);
        assert_eq!(timeout(None, granted), granted);
        assert_eq!(
            timeout(NonZeroU64::new(500), granted),
            Duration::from_millis(500)
        );
        assert_eq!(timeout(NonZeroU64::new(u64::MAX), granted), granted);
    }
}
