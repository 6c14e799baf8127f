//! The list of methods that are compiled ahead: text, one file for each assembly, one method a line.
//!
//! A line has three columns, with a tab between them: the type, the method, and its signature as Mono prints it. Type
//! arguments stand in braces behind the name that takes them, each with its assembly before a colon, unless that is
//! [`CORE`]: `System.Collections.Generic.List`1{System.Int32}`. What these signs would mean is written behind a backslash.

use crate::error::{BuildError, Context};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;

/// The assembly that need not be said.
pub const CORE: &str = "System.Private.CoreLib";

/// A type, with the arguments that it has if it is an instance of a generic one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TypeName {
    /// Name of its assembly.
    pub assembly: String,
    /// Its name as profiles have it: `Namespace.Type`, `.Type` without a namespace, `Namespace.Outer/Inner`.
    pub name: String,
    /// Type arguments.
    pub arguments: Vec<TypeName>,
}

/// A method, with the type arguments of its type and its own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MethodName {
    /// The type that it is a method of.
    pub owner: TypeName,
    /// Its name.
    pub name: String,
    /// Type arguments of its own.
    pub arguments: Vec<TypeName>,
    /// Result and parameters, as Mono prints them.
    pub signature: String,
}

impl TypeName {
    /// A type of the core library that takes no arguments.
    #[must_use]
    pub fn core(name: &str) -> Self {
        Self {
            assembly: CORE.into(),
            name: name.into(),
            arguments: Vec::new(),
        }
    }

    /// Writes it with one word for all references.
    fn write_shared(&self, is_value: &dyn Fn(&Self) -> bool, out: &mut String) {
        out.push('{');
        if is_value(self) {
            let _ = write!(out, "{}:{}", self.assembly, self.name);
            for argument in &self.arguments {
                argument.write_shared(is_value, out);
            }
        } else {
            out.push_str("object");
        }
        out.push('}');
    }

    /// Every assembly that is named in it.
    pub fn assemblies<'a>(&'a self, into: &mut BTreeSet<&'a str>) {
        into.insert(&self.assembly);
        self.arguments
            .iter()
            .for_each(|argument| argument.assemblies(into));
    }
}

impl MethodName {
    /// Every assembly that is named in it.
    #[must_use]
    pub fn assemblies(&self) -> BTreeSet<&str> {
        let mut all = BTreeSet::new();
        self.owner.assemblies(&mut all);
        self.arguments.iter().for_each(|a| a.assemblies(&mut all));
        all
    }

    /// The number of parameters, which the signature tells: `void(int,System.Func`2<int, bool>)` has two.
    #[must_use]
    pub fn parameters(&self) -> usize {
        let Some(list) = self.signature.strip_suffix(')') else {
            return 0;
        };
        // From the end, since the result may have parentheses: `char modreq(…)&()`.
        let (mut depth, mut count, mut empty) = (0i32, 1, true);
        for c in list.chars().rev() {
            match c {
                '(' if depth == 0 => break,
                '>' | ']' | ')' => depth += 1,
                '<' | '[' | '(' => depth -= 1,
                ',' if depth == 0 => count += 1,
                _ => {}
            }
            empty = false;
        }
        if empty { 0 } else { count }
    }

    /// A number for all methods that share their code with this one: those whose type arguments are the same structs and any references.
    /// Overloads with as many parameters have the same.
    #[must_use]
    pub fn key(&self, is_value: &dyn Fn(&TypeName) -> bool) -> u32 {
        let mut text = format!("{}:{}", self.owner.assembly, self.owner.name);
        let shared = |text: &mut String, arguments: &[TypeName]| {
            for argument in arguments {
                argument.write_shared(is_value, text);
            }
        };
        shared(&mut text, &self.owner.arguments);
        let _ = write!(text, "\t{}", self.name);
        shared(&mut text, &self.arguments);
        let _ = write!(text, "\t{}", self.parameters());
        // FNV-1a: what is made with it is written down, so that it must stay the same.
        let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        (hash ^ hash >> 32) as u32
    }

    /// The line of it in its assembly's file.
    #[must_use]
    pub fn line(&self) -> String {
        let mut out = escaped(&self.owner.name);
        write_arguments(&mut out, &self.owner.arguments);
        out.push('\t');
        out.push_str(&escaped(&self.name));
        write_arguments(&mut out, &self.arguments);
        let _ = write!(out, "\t{}", self.signature);
        out
    }

    /// Reads a line of an assembly's file.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(assembly: &str, line: &str) -> Result<Self, String> {
        let mut columns = line.split('\t');
        let (Some(owner), Some(name), Some(signature), None) = (
            columns.next(),
            columns.next(),
            columns.next(),
            columns.next(),
        ) else {
            return Err("a line has three columns, with a tab between them".into());
        };
        let whole = |column: &str| {
            let mut reader = Reader { rest: column };
            let read = (reader.name()?, reader.arguments()?);
            match reader.rest {
                "" => Ok(read),
                rest => Err(format!("nothing is expected before `{rest}`")),
            }
        };
        let (owner, owner_arguments) = whole(owner)?;
        let (name, arguments) = whole(name)?;
        Ok(Self {
            owner: TypeName {
                assembly: assembly.into(),
                name: owner,
                arguments: owner_arguments,
            },
            name,
            arguments,
            signature: signature.into(),
        })
    }
}

impl std::fmt::Display for MethodName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let line = self.line().replacen('\t', "::", 1).replace('\t', " ");
        write!(f, "[{}]{line}", self.owner.assembly)
    }
}

const SIGNS: [char; 5] = ['\\', '{', '}', ',', ':'];

fn escaped(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        if SIGNS.contains(&c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

fn write_arguments(out: &mut String, arguments: &[TypeName]) {
    if arguments.is_empty() {
        return;
    }
    for (i, argument) in arguments.iter().enumerate() {
        out.push(if i == 0 { '{' } else { ',' });
        if argument.assembly != CORE {
            let _ = write!(out, "{}:", escaped(&argument.assembly));
        }
        out.push_str(&escaped(&argument.name));
        write_arguments(out, &argument.arguments);
    }
    out.push('}');
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    /// A name, up to a sign.
    fn name(&mut self) -> Result<String, String> {
        let mut name = String::new();
        let mut chars = self.rest.char_indices();
        let mut end = self.rest.len();
        while let Some((at, c)) = chars.next() {
            match c {
                '\\' => {
                    let escaped = chars.next().map(|(_, c)| c);
                    name.push(escaped.ok_or("nothing is behind the last backslash")?);
                }
                c if SIGNS.contains(&c) => {
                    end = at;
                    break;
                }
                c => name.push(c),
            }
        }
        self.rest = &self.rest[end..];
        if name.is_empty() {
            return Err("a name is empty".into());
        }
        Ok(name)
    }

    fn takes(&mut self, sign: char) -> bool {
        match self.rest.strip_prefix(sign) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn arguments(&mut self) -> Result<Vec<TypeName>, String> {
        let mut arguments = Vec::new();
        if !self.takes('{') {
            return Ok(arguments);
        }
        loop {
            let mut name = self.name()?;
            let mut assembly = CORE.to_owned();
            if self.takes(':') {
                assembly = std::mem::replace(&mut name, self.name()?);
            }
            arguments.push(TypeName {
                assembly,
                name,
                arguments: self.arguments()?,
            });
            if self.takes('}') {
                return Ok(arguments);
            }
            if !self.takes(',') {
                return Err("an argument ends with `,` or `}`".into());
            }
        }
    }
}

/// The list's files, sorted.
fn list_files(folder: &Path) -> Result<Vec<std::path::PathBuf>, BuildError> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).at("list", folder)? {
        let path = entry.at("list", folder)?.path();
        if path.extension().is_some_and(|e| e == "txt") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Reads the list from its folder.
///
/// # Errors
/// If a file cannot be read, or a line of it is none.
pub fn read(folder: &Path) -> Result<BTreeSet<MethodName>, BuildError> {
    let mut methods = BTreeSet::new();
    for file in list_files(folder)? {
        let assembly = file
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let text = std::fs::read_to_string(&file).at("read", &file)?;
        for (number, line) in text.lines().enumerate() {
            let method = MethodName::parse(&assembly, line).map_err(|problem| {
                BuildError::Recipe(format!("{}:{}: {problem}", file.display(), number + 1))
            })?;
            methods.insert(method);
        }
    }
    Ok(methods)
}

/// Writes the list into its folder, instead of what is there.
///
/// # Errors
/// If a file cannot be written.
pub fn write(folder: &Path, methods: &BTreeSet<MethodName>) -> Result<(), BuildError> {
    let mut files: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for method in methods {
        files
            .entry(&method.owner.assembly)
            .or_default()
            .insert(method.line());
    }
    std::fs::create_dir_all(folder).at("create", folder)?;
    for old in list_files(folder)? {
        std::fs::remove_file(&old).at("remove", &old)?;
    }
    for (assembly, lines) in files {
        let path = folder.join(format!("{assembly}.txt"));
        let mut text = lines.into_iter().collect::<Vec<_>>().join("\n");
        text.push('\n');
        std::fs::write(&path, text).at("write", &path)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(assembly: &str, name: &str, arguments: Vec<TypeName>) -> TypeName {
        TypeName {
            assembly: assembly.into(),
            name: name.into(),
            arguments,
        }
    }

    fn method(signature: &str) -> MethodName {
        MethodName {
            owner: named(CORE, "System.Object", Vec::new()),
            name: "M".into(),
            arguments: Vec::new(),
            signature: signature.into(),
        }
    }

    #[test]
    fn a_line_says_all_of_a_method() {
        let pair = named(
            CORE,
            "System.Collections.Generic.KeyValuePair`2",
            vec![
                named(CORE, "System.String", Vec::new()),
                named("Other", ".<F,g>d__1{}", Vec::new()),
            ],
        );
        let method = MethodName {
            owner: named(
                "System.Linq",
                "System.Linq.Enumerable/It`1",
                vec![pair.clone()],
            ),
            name: "I<A,B>.Get".into(),
            arguments: vec![named(CORE, "System.Int32", Vec::new()), pair],
            signature: "void (int,string)".into(),
        };
        let line = method.line();
        assert_eq!(
            line,
            "System.Linq.Enumerable/It`1{System.Collections.Generic.KeyValuePair`2{System.String,Other:.<F\\,g>d__1\\{\\}}}\t\
             I<A\\,B>.Get{System.Int32,System.Collections.Generic.KeyValuePair`2{System.String,Other:.<F\\,g>d__1\\{\\}}}\tvoid (int,string)"
        );
        assert_eq!(MethodName::parse("System.Linq", &line), Ok(method));
    }

    #[test]
    fn what_is_no_line_is_told() {
        for (line, problem) in [
            ("T\tM", "three columns"),
            ("T{A\tM\tvoid()", "ends with"),
            ("T{}\tM\tvoid()", "empty"),
            ("T}\tM\tvoid()", "before `}`"),
            ("T\\\tM\tvoid()", "backslash"),
        ] {
            let error = MethodName::parse("A", line).unwrap_err();
            assert!(error.contains(problem), "{line}: {error}");
        }
    }

    #[test]
    fn parameters_are_counted() {
        for (signature, count) in [
            ("void()", 0),
            ("void(int)", 1),
            (
                "char modreq(System.Runtime.InteropServices.InAttribute)&()",
                0,
            ),
            ("void modreq(A,B)&(int,System.Func`1<(A,B)>)", 2),
            ("int(int,System.Func`2<int, bool>,int[,])", 3),
            (
                "void(System.Collections.Generic.Dictionary`2<string, (int,int)>&)",
                1,
            ),
        ] {
            assert_eq!(method(signature).parameters(), count, "{signature}");
        }
    }

    #[test]
    fn a_list_survives_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        let mut list = BTreeSet::from([method("void()"), method("int()")]);
        write(folder.path(), &list).unwrap();
        assert_eq!(read(folder.path()).unwrap(), list);
        list.clear();
        write(folder.path(), &list).unwrap();
        assert_eq!(read(folder.path()).unwrap(), list);
    }
}
