//! Finding what the command line names, and saying what is there where it is not.

use crate::error::{CliError, Result};
use isolator_host::{
    Error, Inspection, IsolatedAssembly, IsolatedRuntime, IsolatedType, printable,
};

/// Most names that are listed where one was not found.
const LISTED: usize = 20;

/// Finds a type.
///
/// # Errors
/// If it is not there: names like it, or those that are there.
pub fn find_type(
    runtime: &mut IsolatedRuntime,
    assembly: &IsolatedAssembly,
    name: &str,
) -> Result<IsolatedType> {
    match runtime.find_type_in(assembly, name) {
        Err(Error::TypeNotFound { message, .. }) => {
            Err(not_found(&message, name, &runtime.inspect(assembly)?))
        }
        other => Ok(other?),
    }
}

/// Why a type was not found, with names like it in its assembly, or all that are there.
pub fn not_found(message: &str, name: &str, assembly: &Inspection) -> CliError {
    // The compiler's own types have names that no C# can write.
    let names: Vec<&str> = assembly
        .members
        .iter()
        .map(|member| &*member.name)
        .filter(|name| !name.contains('<'))
        .collect();
    let (title, names) = match similar(name, &names) {
        similar if similar.is_empty() => ("; its types are:", names),
        similar => (". Did you mean:", similar),
    };
    CliError::new(format!("{message}{}", list(title, &names)))
}

/// Names that differ in case, or in the namespace only.
fn similar<'a>(wanted: &str, names: &[&'a str]) -> Vec<&'a str> {
    let last = |name: &str| {
        name.rsplit(['.', '+'])
            .next()
            .unwrap_or_default()
            .to_lowercase()
    };
    let wanted = last(wanted);
    names
        .iter()
        .copied()
        .filter(|name| last(name) == wanted)
        .collect()
}

/// A list under a title; nothing if there is nothing to list.
pub fn list<S: AsRef<str>>(title: &str, items: &[S]) -> String {
    if items.is_empty() {
        return String::new();
    }
    let mut text = title.to_owned();
    for item in items.iter().take(LISTED) {
        text.push_str("\n  - ");
        // One line each, whatever an assembly's names are.
        text.push_str(&printable::line(item.as_ref()));
    }
    if items.len() > LISTED {
        text.push_str(&format!("\n  … and {} more", items.len() - LISTED));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_were_nearly_right_are_found() {
        let names = ["App.Calculator", "App.Outer+Inner", "App.Other"];
        assert_eq!(similar("app.calculator", &names), ["App.Calculator"]);
        assert_eq!(similar("Calculator", &names), ["App.Calculator"]);
        assert_eq!(similar("App.Inner", &names), ["App.Outer+Inner"]);
        assert!(similar("App.Nothing", &names).is_empty());
    }

    #[test]
    fn long_lists_are_cut() {
        assert_eq!(list::<&str>("title", &[]), "");
        assert_eq!(list(":", &["a"]), ":\n  - a");
        assert!(list("", &["a"; 25]).ends_with("and 5 more"));
    }
}
