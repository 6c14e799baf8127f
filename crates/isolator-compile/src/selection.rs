//! Which of an assembly's own methods are compiled, where not all are: text, a type a line.
//!
//! A line has the type's name as profiles have it, a tab, and the names of methods with spaces between them. A name stands for all its overloads.
//! Instances of generic methods over structs have names that are longer than all of that; of these there are the numbers
//! ([`MethodName::key`](crate::methods::MethodName::key)), in a line each, which begins with a tab.

use crate::error::{BuildError, Context};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;

/// Methods by the names of their types.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    types: BTreeMap<String, BTreeSet<String>>,
    instances: BTreeSet<u32>,
}

impl Selection {
    /// Takes a method in. One that the text cannot name, since there is white space in a name, is left out.
    pub fn add(&mut self, of: &str, method: &str) {
        if !(of.is_empty() || method.is_empty() || of.contains(['\t', '\n'])) {
            if method.contains(char::is_whitespace) {
                return;
            }
            let methods = self.types.entry(of.to_owned()).or_default();
            methods.insert(method.to_owned());
        }
    }

    /// Takes an instance in.
    pub fn add_instance(&mut self, key: u32) {
        self.instances.insert(key);
    }

    /// Whether it has a method. Of a type that is nested in a nested one profiles have the last two names only.
    #[must_use]
    pub fn has(&self, of: &str, method: &str) -> bool {
        let has = |of: &str| {
            self.types
                .get(of)
                .is_some_and(|methods| methods.contains(method))
        };
        has(of) || last_two(of).is_some_and(|short| has(&short))
    }

    /// Whether it has an instance.
    #[must_use]
    pub fn has_instance(&self, key: u32) -> bool {
        self.instances.contains(&key)
    }

    /// All that it has: types and methods.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.types.iter().flat_map(|(of, methods)| {
            let methods = methods.iter();
            methods.map(move |method| (&**of, &**method))
        })
    }

    /// Takes all of another one in.
    pub fn extend(&mut self, other: &Self) {
        for (of, method) in other.iter() {
            self.add(of, method);
        }
        self.instances.extend(&other.instances);
    }

    /// As text.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = String::new();
        for (of, methods) in &self.types {
            out.push_str(of);
            for (number, method) in methods.iter().enumerate() {
                out.push(if number == 0 { '\t' } else { ' ' });
                out.push_str(method);
            }
            out.push('\n');
        }
        for key in &self.instances {
            let _ = writeln!(out, "\t{key:08x}");
        }
        out
    }

    /// Reads a text.
    ///
    /// # Errors
    /// The line that is none.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut all = Self::default();
        for (number, line) in text.lines().enumerate() {
            let Some((of, methods)) = line.split_once('\t') else {
                return Err(format!("line {}: there is no tab in it", number + 1));
            };
            if of.is_empty() {
                let key = u32::from_str_radix(methods, 16);
                all.add_instance(key.map_err(|error| format!("line {}: {error}", number + 1))?);
                continue;
            }
            for method in methods.split(' ') {
                all.add(of, method);
            }
        }
        Ok(all)
    }

    /// Reads a file.
    ///
    /// # Errors
    /// If it cannot be read, or a line of it is none.
    pub fn read(path: &Path) -> Result<Self, BuildError> {
        let text = std::fs::read_to_string(path).at("read", path)?;
        Self::parse(&text)
            .map_err(|problem| BuildError::Recipe(format!("{}: {problem}", path.display())))
    }
}

/// `.Mid/Inner` of `Space.Outer/Mid/Inner`.
pub(crate) fn last_two(of: &str) -> Option<String> {
    let (rest, inner) = of.rsplit_once('/')?;
    let (_, mid) = rest.rsplit_once('/')?;
    Some(format!(".{mid}/{inner}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selection_survives_its_text() {
        let mut all = Selection::default();
        for (of, method) in [
            ("A.B", "M"),
            ("A.B", ".ctor"),
            (".<G>d__1/Inner`1", "I<X,Y>.Get"),
            ("A.B", "not this"),
            ("", "M"),
        ] {
            all.add(of, method);
        }
        all.add_instance(0xa1);
        let text = all.text();
        assert_eq!(
            text,
            ".<G>d__1/Inner`1\tI<X,Y>.Get\nA.B\t.ctor M\n\t000000a1\n"
        );
        assert_eq!(Selection::parse(&text), Ok(all.clone()));
        assert!(all.has("A.B", "M") && !all.has("A.B", "Get") && !all.has("A", "M"));
        assert!(all.has_instance(0xa1) && !all.has_instance(0xa2));
        assert!(all.has("Space.Outer/<G>d__1/Inner`1", "I<X,Y>.Get"));
        assert_eq!(all.iter().count(), 3);
        assert!(Selection::parse("\tx").is_err());
        assert_eq!(
            Selection::parse("A\tM\nB").unwrap_err(),
            "line 2: there is no tab in it"
        );
    }
}
