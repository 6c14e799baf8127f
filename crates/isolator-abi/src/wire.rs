//! The structured values that cross as MessagePack: maps keyed by member name, in the spelling of the C# side.
//!
//! The guest reads and writes them in `guest-dotnet/Isolator.Runtime`: `Hosting/Startup.cs`, `Members/MethodQuery.cs`,
//! `Members/Inspector.cs`, `Failure.cs`.

use crate::reading::{Room, Short};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub use crate::numbers::MAX_DEPTH;
pub use crate::numbers::extension::HANDLE as HANDLE_EXTENSION;
pub use crate::reading::{LONGEST_TEXT, ReadError};

/// What `start` gives a runtime. The default grants nothing and changes nothing, and is sent as no bytes at all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct StartConfig {
    /// Environment variables.
    pub environment: BTreeMap<String, String>,
    /// Command-line arguments, without the program's name.
    pub arguments: Vec<String>,
    /// Whether the guest should ask WASI for its preopened directories.
    pub has_directories: bool,
    /// Working directory inside the guest; empty: `/`.
    pub working_directory: String,
    /// Culture of the default thread, such as `de-CH`; none: invariant.
    pub culture: Option<String>,
    /// IANA time-zone name, such as `Europe/Zurich`; none: UTC.
    pub time_zone: Option<String>,
    /// Bytes that the managed heap may take; 0: no limit but the memory's.
    pub heap_limit: u64,
    /// `AppContext` properties, such as those of a `runtimeconfig.json`.
    pub properties: BTreeMap<String, String>,
    /// What a guest sees as its application's folder (`AppContext.BaseDirectory`); empty: `/`.
    pub base_directory: String,
    /// Whether the host reads values as graphs of fields, as the C# library does. Sent only if so.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub value_graphs: bool,
}

impl StartConfig {
    /// What a guest is sent. The default says nothing, and reading it would cost every runtime dozens of page faults; one that
    /// only asks for graphs is a single `true`.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn to_bytes(&self) -> Result<Vec<u8>, rmp_serde::encode::Error> {
        const TRUE: u8 = 0xc3;
        let nothing = Self::default();
        if *self == nothing {
            return Ok(Vec::new());
        }
        if self.value_graphs
            && *self
                == (Self {
                    value_graphs: true,
                    ..nothing
                })
        {
            return Ok(vec![TRUE]);
        }
        to_bytes(self)
    }
}

/// How `find-method` chooses among overloads.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct MethodQuery {
    /// Number of arguments that will be passed; none: any.
    pub argument_count: Option<u32>,
    /// Full names of the parameter types (`System.Int32`), as C# keywords too; none: any.
    pub parameter_types: Option<Vec<String>>,
    /// Names of the type arguments of a generic method.
    pub generic_arguments: Option<Vec<String>>,
    /// Its metadata token (`MethodBase.MetadataToken`): decides alone, among the methods of that name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata_token: Option<u32>,
}

/// What went wrong inside the guest.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Failure {
    /// Which of [`FailureKind`]'s names it is.
    pub kind: FailureKind,
    /// One sentence for people.
    pub message: String,
    /// The assembly in question, if one is.
    pub assembly: Option<String>,
    /// The type in question, if one is.
    pub type_name: Option<String>,
    /// The member in question, if one is.
    pub member: Option<String>,
    /// Signatures of the members that came into question.
    pub candidates: Vec<String>,
    /// The exception, where guest code threw one.
    pub exception: Option<ExceptionInfo>,
    /// The number under which the host has logged a failed callback; 0: none.
    #[serde(skip_serializing_if = "is_zero")]
    pub number: u64,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// The kinds of [`Failure`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum FailureKind {
    /// Guest code threw an exception.
    Exception,
    /// No such assembly, neither in the base class library nor from a loader.
    AssemblyNotFound,
    /// The bytes of an assembly are not a .NET image.
    BadImage,
    /// No such type in the assembly.
    TypeNotFound,
    /// No such method, constructor or field in the type, or none that takes these arguments.
    MemberNotFound,
    /// Several members fit.
    Ambiguous,
    /// An argument cannot be read as the parameter's type, or their number is wrong.
    Argument,
    /// A value cannot cross: its type is not supported, or it is cyclic, too deep or too large.
    Value,
    /// The handle is stale, forged, or names something of another kind.
    BadHandle,
    /// The result is a task: it must be awaited.
    Async,
    /// A callback into the host failed.
    Host,
    /// The host knows no callback of that name.
    UnknownCallback,
    /// Calls between host and guest nest too deep.
    CallbackDepth,
    /// An asynchronous callback was called synchronously where the host cannot wait for it.
    CallbackBlocked,
    /// The guest's own machinery failed, or a kind that this host does not know.
    #[default]
    #[serde(other)]
    Internal,
}

impl FailureKind {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::Exception,
        Self::AssemblyNotFound,
        Self::BadImage,
        Self::TypeNotFound,
        Self::MemberNotFound,
        Self::Ambiguous,
        Self::Argument,
        Self::Value,
        Self::BadHandle,
        Self::Async,
        Self::Host,
        Self::UnknownCallback,
        Self::CallbackDepth,
        Self::CallbackBlocked,
        Self::Internal,
    ];

    /// The name, as it crosses.
    #[must_use]
    pub fn name(self) -> String {
        // One word of a fixed length per kind: serde knows it.
        serde_json::to_value(self)
            .ok()
            .and_then(|value| value.as_str().map(str::to_owned))
            .unwrap_or_default()
    }
}

/// A .NET exception as data.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ExceptionInfo {
    /// Full name of its type, such as `System.InvalidOperationException`.
    pub type_name: String,
    /// `Exception.Message`.
    pub message: String,
    /// `Exception.StackTrace`, lines separated by `\n`.
    pub stack_trace: Option<String>,
    /// `Exception.ToString()`: everything, as .NET prints it.
    pub text: String,
    /// `InnerException`, or all of an `AggregateException`.
    pub inner: Vec<ExceptionInfo>,
    /// `Exception.HResult`.
    pub h_result: i32,
    /// Public properties that the exception's own type declares, as text.
    pub properties: BTreeMap<String, String>,
}

/// A member of an assembly or type, as `inspect` lists it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Inspection {
    /// Full name of the subject.
    pub name: String,
    /// `assembly`, `type`, `method`, `field` or `property`.
    pub kind: String,
    /// Signature in C# spelling; empty for assemblies.
    pub signature: String,
    /// Name as in documentation files (`M:Namespace.Type.Method(System.Int32)`); empty for assemblies.
    pub documentation_id: String,
    /// Whether it is public.
    pub is_public: bool,
    /// Types of an assembly, members of a type.
    pub members: Vec<Inspection>,
}

/// What a guest says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct GuestStatistics {
    /// Bytes in use on the managed heap.
    pub heap_bytes: u64,
    /// Collections of generation 0 so far.
    pub collections: u64,
    /// Handles that the host has not given back.
    pub live_handles: u64,
}

/// Writes a value in the form that the guest reads: maps keyed by name.
///
/// # Errors
/// If the value cannot be serialized (a map without a length, say).
pub fn to_bytes<T: Serialize>(value: &T) -> Result<Vec<u8>, rmp_serde::encode::Error> {
    rmp_serde::to_vec_named(value)
}

/// Reads what a guest sent. Nesting is limited, trailing bytes are an error.
///
/// # Errors
/// If the bytes are not one MessagePack value of this shape. The text is short, whatever the guest sent.
pub fn from_bytes<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ReadError> {
    read(bytes, &Room::of(usize::MAX))
}

/// As [`from_bytes`], for bytes of which nobody knows what they are made of: what is read may take this much memory, in bytes.
/// Elements of lists and maps count by the size of their types, and texts, lists and maps by what is in them.
///
/// # Errors
/// As `from_bytes`, or that it would take more.
pub fn from_bytes_within<T: DeserializeOwned>(bytes: &[u8], most: usize) -> Result<T, Unread> {
    let room = Room::of(most);
    read(bytes, &room).map_err(|error| {
        if room.is_full() {
            Unread::TooLarge
        } else {
            Unread::Wrong(error)
        }
    })
}

/// Why a value was not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unread {
    /// The bytes are not such a value.
    Wrong(ReadError),
    /// It would take more memory than it may.
    TooLarge,
}

fn read<T: DeserializeOwned>(bytes: &[u8], room: &Room) -> Result<T, ReadError> {
    // Over a reader, not a slice: only a reader says how much it has left.
    let mut rest = bytes;
    let mut de = rmp_serde::Deserializer::new(&mut rest);
    de.set_max_depth(MAX_DEPTH);
    let value = T::deserialize(Short(&mut de, room))?;
    drop(de);
    if !rest.is_empty() {
        return Err(serde::de::Error::custom(format_args!(
            "{} bytes follow the value",
            rest.len()
        )));
    }
    Ok(value)
}

/// Whether MessagePack bytes hold at most this many values, those inside of arrays and maps counted each. An empty map is one
/// byte on the wire, and hundreds in memory as a struct of ours: whoever reads bytes of a guest as such a struct asks first.
///
/// Bytes that are no MessagePack count as far as they can be read.
#[must_use]
pub fn holds_at_most(bytes: &[u8], most: usize) -> bool {
    let (mut at, mut count) = (0usize, 0usize);
    while let Some(&marker) = bytes.get(at) {
        count += 1;
        if count > most {
            return false;
        }
        // Length of what stands in big-endian form after the marker.
        let length = |width: usize| {
            let start = at.saturating_add(1);
            let digits = bytes.get(start..start.saturating_add(width));
            digits.map_or(bytes.len(), |digits| {
                digits
                    .iter()
                    .fold(0usize, |sum, digit| sum << 8 | usize::from(*digit))
            })
        };
        let payload = match marker {
            0xa0..=0xbf => usize::from(marker & 0x1f),
            0xc4 | 0xd9 => length(1).saturating_add(1),
            0xc5 | 0xda => length(2).saturating_add(2),
            0xc6 | 0xdb => length(4).saturating_add(4),
            0xc7 => length(1).saturating_add(2),
            0xc8 => length(2).saturating_add(3),
            0xc9 => length(4).saturating_add(5),
            0xcc | 0xd0 => 1,
            0xcd | 0xd1 | 0xdc | 0xde => 2,
            0xca | 0xce | 0xd2 | 0xdd | 0xdf => 4,
            0xcb | 0xcf | 0xd3 => 8,
            0xd4..=0xd8 => (1 << (marker - 0xd4)) + 1,
            _ => 0,
        };
        at = at.saturating_add(1).saturating_add(payload);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_survives_and_an_unknown_kind_is_internal() {
        let failure = Failure {
            kind: FailureKind::MemberNotFound,
            message: "no".into(),
            candidates: vec!["int A()".into()],
            exception: Some(ExceptionInfo {
                inner: vec![ExceptionInfo::default()],
                ..Default::default()
            }),
            ..Default::default()
        };
        let bytes = to_bytes(&failure).unwrap();
        assert_eq!(from_bytes::<Failure>(&bytes).unwrap(), failure);
        let mut map = BTreeMap::new();
        map.insert("Kind", "from-the-future");
        let read: Failure = from_bytes(&to_bytes(&map).unwrap()).unwrap();
        assert_eq!(read.kind, FailureKind::Internal);
    }

    #[test]
    fn kinds_have_names() {
        for (at, kind) in FailureKind::ALL.iter().enumerate() {
            assert_eq!(*kind as usize, at, "in the order of the enumeration");
            let read: FailureKind = serde_json::from_value(kind.name().into()).unwrap();
            assert_eq!(read, *kind);
        }
        assert_eq!(FailureKind::MemberNotFound.name(), "member-not-found");
        assert_eq!(FailureKind::ALL.last(), Some(&FailureKind::Internal));
    }

    #[test]
    fn a_configuration_is_as_short_as_what_it_says() {
        let mut config = StartConfig::default();
        assert_eq!(config.to_bytes().unwrap(), Vec::<u8>::new());
        config.value_graphs = true;
        assert_eq!(config.to_bytes().unwrap(), vec![0xc3]);
        config.heap_limit = 5;
        let bytes = config.to_bytes().unwrap();
        assert_eq!(from_bytes::<StartConfig>(&bytes).unwrap(), config);
        config.value_graphs = false;
        let shorter = config.to_bytes().unwrap();
        assert!(shorter.len() < bytes.len());
        assert_eq!(from_bytes::<StartConfig>(&shorter).unwrap(), config);
    }

    #[test]
    fn values_are_counted_without_reading_them() {
        let failure = Failure {
            message: "m".repeat(70_000),
            candidates: vec!["c".into(); 300],
            ..Default::default()
        };
        // A map, seven keys and values, and the candidates.
        let (bytes, count) = (to_bytes(&failure).unwrap(), 1 + 2 * 7 + 300);
        assert!(holds_at_most(&bytes, count) && !holds_at_most(&bytes, count - 1));
        let numbers = to_bytes(&(
            1u8,
            300u16,
            -1i64,
            1.5f32,
            2.5f64,
            u64::MAX,
            "text",
            true,
            (),
        ))
        .unwrap();
        assert!(holds_at_most(&numbers, 10) && !holds_at_most(&numbers, 9));
        for marker in [0xc4u8, 0xc9, 0xdb, 0xd8, 0xdf, 0xcf] {
            assert!(
                holds_at_most(&[marker], 1) && holds_at_most(&[marker, 0xff, 0xff, 0xff, 0xff], 1)
            );
        }
    }

    #[test]
    fn depth_is_limited_and_a_rest_is_refused() {
        let mut deep = vec![0x91u8; 10_000];
        deep.push(0xc0);
        assert!(from_bytes::<serde::de::IgnoredAny>(&deep).is_err());
        assert!(from_bytes::<u8>(&[1, 2]).is_err());
    }
}
