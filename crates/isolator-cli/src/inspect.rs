//! `isolator inspect`.

use crate::app::{NAME_NOTE, Purpose};
use crate::args::InspectArgs;
use crate::error::{CliError, Result};
use crate::image::is_module;
use crate::info;
use crate::json;
use crate::limits::LimitArgs;
use crate::method::split_type;
use crate::names::not_found;
use crate::output;
use crate::program::{Program, host_builder};
use isolator_host::{
    Error, Inspection, IsolatedRuntime, IsolatedRuntimeHost, MethodQuery, SnapshotInfo, printable,
};
use serde::Serialize;
use std::fmt::Write as _;
use std::io::Write;

/// What `--json` prints of an assembly, a type or a member.
#[derive(Debug, Serialize, PartialEq, Eq)]
struct Item {
    name: String,
    /// `assembly`, `type`, `method`, `field` or `property`.
    kind: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    signature: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    documentation_id: String,
    public: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    members: Vec<Item>,
}

impl Item {
    fn new(inspection: Inspection) -> Self {
        Self {
            name: inspection.name,
            kind: inspection.kind,
            signature: inspection.signature,
            documentation_id: inspection.documentation_id,
            public: inspection.is_public,
            members: inspection.members.into_iter().map(Self::new).collect(),
        }
    }

    /// Leaves out what is not public, unless all is wanted; what no C# can name; and methods that a property stands for.
    fn keep(&mut self, all: bool) {
        let properties: Vec<String> = self
            .members
            .iter()
            .filter(|member| member.kind == "property")
            .map(|member| member.name.clone())
            .collect();
        self.members.retain(|member| {
            let is_accessor = member.kind == "method"
                && ["get_", "set_"].iter().any(|prefix| {
                    member
                        .name
                        .strip_prefix(prefix)
                        .is_some_and(|name| properties.iter().any(|property| property == name))
                });
            (all || member.public) && !member.name.contains('<') && !is_accessor
        });
    }
}

/// Lists an assembly's types and their members: what its metadata says. It is not loaded, and none of its code runs. Of an app snapshot it lists the
/// assemblies that are loaded in it, or a type of one of them.
///
/// # Errors
/// What keeps the assembly from being read, and a type that is not there, with those that are.
pub fn inspect(command: &InspectArgs) -> Result<i32> {
    if is_module(&command.app)
        && let Ok(about) = SnapshotInfo::read(&command.app)
    {
        return match &command.type_name {
            Some(type_name) => of_snapshot(command, &about, type_name),
            None => {
                let list = || assemblies(command);
                info::of_snapshot(
                    &command.app,
                    &about,
                    &command.guest,
                    command.json,
                    Some(&list),
                )
            }
        };
    }
    let program = Program::open(&command.app, Purpose::Inspect)?;
    let limits = limits(command);
    let mut runtime = program.start_reader(&command.guest, limits.limits())?;
    let found = find(&mut runtime, program.image(), command.type_name.as_deref());
    let tree = limits.conclude(&runtime, found)?;
    finish(command, &limits, &runtime, tree)
}

fn limits(command: &InspectArgs) -> LimitArgs {
    LimitArgs {
        memory: Some(command.memory),
        timeout: Some(command.timeout),
        ..LimitArgs::default()
    }
}

/// Prints what was found.
fn finish(
    command: &InspectArgs,
    limits: &LimitArgs,
    runtime: &IsolatedRuntime,
    found: Inspection,
) -> Result<i32> {
    let mut tree = Item::new(found);
    tree.keep(command.all);
    if tree.kind == "assembly" {
        tree.members.sort_by(|a, b| a.name.cmp(&b.name));
        for item in &mut tree.members {
            item.keep(command.all);
        }
    }
    output::within(limits.timeout, runtime.stats().wall, || {
        print(&tree, command.json)
    })?;
    Ok(0)
}

/// A runtime that goes on from the snapshot, and may nothing.
fn start(host: &IsolatedRuntimeHost, command: &InspectArgs) -> Result<IsolatedRuntime> {
    let snapshot = host.load_snapshot(&command.app)?;
    let runtime = host.runtime().from(&snapshot);
    Ok(runtime.limits(limits(command).limits()).create()?)
}

/// Names of the assemblies that are loaded in a snapshot, and not in every runtime. The base class library in it says them.
fn assemblies(command: &InspectArgs) -> Result<Vec<String>> {
    let limits = limits(command);
    let host = host_builder(&command.guest).build()?;
    let mut fresh = host.runtime().limits(limits.limits()).create()?;
    let everywhere = loaded(&mut fresh)?;
    // There may be one at a time.
    drop(fresh);
    let mut runtime = start(&host, command)?;
    let names = loaded(&mut runtime);
    let mut names = limits.conclude(&runtime, names)?;
    names.retain(|name| !everywhere.contains(name));
    names.sort();
    names.dedup();
    Ok(names)
}

fn loaded(runtime: &mut IsolatedRuntime) -> Result<Vec<String>> {
    const LIBRARY: &str = "System.Private.CoreLib";
    const DOMAIN: &str = "System.AppDomain";
    let nothing = || CliError::new("its base class library gives no list of assemblies");
    let domain = runtime.find_method(LIBRARY, DOMAIN, "get_CurrentDomain")?;
    let domain = runtime.invoke_object(&domain, None, ())?;
    let domain = domain.ok_or_else(nothing)?;
    let all = runtime.find_method(LIBRARY, DOMAIN, "GetAssemblies")?;
    let all = runtime.invoke_object(&all, Some(&domain), ())?;
    let all = all.ok_or_else(nothing)?;
    let query = MethodQuery {
        parameter_types: Some(vec!["System.String".into(), "System.Object[]".into()]),
        ..MethodQuery::default()
    };
    let join = runtime.find_method_with(LIBRARY, "System.String", "Join", &query)?;
    let names: String = runtime.invoke(&join, ("\n", &all))?;
    // What a stranger's memory says there are has no bound of its own.
    const MOST: usize = 10_000;
    Ok(names.lines().take(MOST).map(str::to_owned).collect())
}

/// A type of an assembly that is loaded in a snapshot; where none is named, of its program.
fn of_snapshot(command: &InspectArgs, about: &SnapshotInfo, type_name: &str) -> Result<i32> {
    let (name, assembly) = split_type(type_name);
    let program = about.notes.get(NAME_NOTE).map(|name| &**name);
    let assembly = assembly.or(program).ok_or_else(|| {
        CliError::new(format!(
            "`{}` holds no program whose type `{}` could be: name its assembly behind it, as in 'Namespace.Type, Assembly'",
            command.app.display(),
            printable::line(name)
        ))
    })?;
    let host = host_builder(&command.guest).build()?;
    let mut runtime = start(&host, command)?;
    let found = runtime
        .find_type(assembly, name)
        .and_then(|of_type| runtime.inspect(&of_type))
        .map_err(CliError::from);
    let limits = limits(command);
    let tree = limits.conclude(&runtime, found)?;
    finish(command, &limits, &runtime, tree)
}

fn find(
    runtime: &mut IsolatedRuntime,
    image: &[u8],
    type_name: Option<&str>,
) -> Result<Inspection> {
    let Some(type_name) = type_name else {
        return Ok(runtime.inspect_image(image, None)?);
    };
    let (name, assembly) = split_type(type_name);
    let mut inspect = |name| match assembly {
        Some(assembly) => runtime.inspect_assembly(assembly, name),
        None => runtime.inspect_image(image, name),
    };
    match inspect(Some(name)) {
        Err(Error::TypeNotFound { message, .. }) => Err(not_found(&message, name, &inspect(None)?)),
        other => Ok(other?),
    }
}

fn print(tree: &Item, as_json: bool) -> Result<()> {
    let text = if as_json {
        let json = serde_json::to_string_pretty(tree)
            .map_err(|error| CliError::new(format!("cannot write the list as JSON: {error}")))?;
        json::harmless(&json).into_owned() + "\n"
    } else {
        text(tree)
    };
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(|error| {
            CliError::new(format!("cannot write the list to standard output: {error}"))
        })
}

/// The list for people: types, and under each its members.
fn text(tree: &Item) -> String {
    let mut out = String::new();
    // Writing to a `String` cannot fail.
    if tree.kind == "assembly" {
        let _ = writeln!(out, "{}", printable::line(&tree.name));
        for item in &tree.members {
            out.push('\n');
            of_type(&mut out, item);
        }
        if tree.members.is_empty() {
            out.push_str("\nIt has no public types; `--all` lists the others.\n");
        }
    } else {
        of_type(&mut out, tree);
    }
    out
}

fn of_type(out: &mut String, item: &Item) {
    let _ = writeln!(out, "{}", head(item));
    for member in &item.members {
        let _ = writeln!(out, "  {}", head(member));
    }
}

fn head(item: &Item) -> String {
    let hidden = if item.public { "" } else { "(not public) " };
    format!("{hidden}{}", printable::line(&item.signature))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(kind: &str, name: &str, public: bool, members: Vec<Item>) -> Item {
        Item {
            name: name.into(),
            kind: kind.into(),
            signature: format!("{kind} {name}"),
            documentation_id: String::new(),
            public,
            members,
        }
    }

    #[test]
    fn lists_are_indented() {
        let tree = item(
            "assembly",
            "App, Version=1.0.0.0",
            true,
            vec![item(
                "type",
                "App.A",
                false,
                vec![item("method", "Run", true, vec![])],
            )],
        );
        assert_eq!(
            text(&tree),
            "App, Version=1.0.0.0\n\n(not public) type App.A\n  method Run\n"
        );
        assert!(text(&item("assembly", "App", true, vec![])).contains("--all"));
    }

    #[test]
    fn what_no_program_can_name_and_accessors_are_left_out() {
        let names = |all| {
            let mut tree = item(
                "type",
                "App.A",
                true,
                vec![
                    item("property", "Count", true, vec![]),
                    item("method", "get_Count", true, vec![]),
                    item("method", "get_Other", true, vec![]),
                    item("method", "<Run>b__0", false, vec![]),
                    item("field", "_count", false, vec![]),
                ],
            );
            tree.keep(all);
            let names: Vec<_> = tree.members.into_iter().map(|item| item.name).collect();
            names.join(" ")
        };
        assert_eq!(names(false), "Count get_Other");
        assert_eq!(names(true), "Count get_Other _count");
    }
}
