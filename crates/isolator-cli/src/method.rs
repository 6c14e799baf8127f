//! How a method is named on the command line: `Name`, `Name(int, string)`, `Name<System.Int32>(int)`; and a whole call, in one word.

use crate::json::{Arguments, parse_arguments};
use isolator_host::MethodQuery;
use isolator_host::values::{DateTime, Value};

/// A method's name, with what chooses among overloads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MethodName {
    pub name: String,
    type_arguments: Option<Vec<String>>,
    parameters: Option<Vec<String>>,
}

impl MethodName {
    /// Reads the form above.
    ///
    /// # Errors
    /// What cannot be understood.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let (rest, parameters) = match text.strip_suffix(')') {
            None => (text, None),
            Some(inner) => {
                let open = inner.find('(').ok_or("it ends with `)` and has no `(`")?;
                (
                    inner.get(..open).unwrap_or_default().trim_end(),
                    Some(split(inner.get(open + 1..).unwrap_or_default())?),
                )
            }
        };
        let (name, type_arguments) = match rest.strip_suffix('>').filter(|_| !rest.starts_with('<'))
        {
            None => (rest, None),
            Some(inner) => {
                let open = inner.find('<').ok_or("it has a `>` and no `<`")?;
                (
                    inner.get(..open).unwrap_or_default().trim_end(),
                    Some(split(inner.get(open + 1..).unwrap_or_default())?),
                )
            }
        };
        if name.is_empty() {
            return Err("the method's name is missing".into());
        }
        if name.contains(['(', ')', ',', ' ']) {
            return Err(format!(
                "`{name}` is no name of a method. Write `Name`, or `Name(int, string)` to choose among overloads"
            ));
        }
        Ok(Self {
            name: name.into(),
            type_arguments,
            parameters,
        })
    }

    /// What to ask the guest for, in this order, until one method fits. More than one question is asked only where the number
    /// of arguments leaves a choice that their kinds may decide.
    pub fn queries(&self, args: &[Value]) -> Vec<MethodQuery> {
        let generic_arguments = self.type_arguments.clone();
        let typed = |parameter_types| MethodQuery {
            argument_count: None,
            parameter_types: Some(parameter_types),
            generic_arguments: generic_arguments.clone(),
            ..MethodQuery::default()
        };
        if let Some(parameters) = &self.parameters {
            return vec![typed(parameters.clone())];
        }
        let mut queries = vec![MethodQuery {
            argument_count: Some(u32::try_from(args.len()).unwrap_or(u32::MAX)),
            parameter_types: None,
            generic_arguments: generic_arguments.clone(),
            ..MethodQuery::default()
        }];
        // C# takes an integer literal for an int first, then for a long, then for a double.
        for integer in ["int", "long", "double"] {
            let types: Option<Vec<String>> = args
                .iter()
                .map(|arg| suggested(arg, integer).map(str::to_owned))
                .collect();
            if let Some(types) = types {
                queries.push(typed(types));
            }
        }
        queries.dedup();
        queries
    }

    /// Whether the command line names type arguments.
    pub fn is_closed(&self) -> bool {
        self.type_arguments.is_some()
    }

    /// Whether the command line itself says which overload is meant.
    pub fn is_exact(&self) -> bool {
        self.parameters.is_some()
    }
}

/// A call in one word: `Namespace.Type.Method[, Assembly][=ARGS]`.
#[derive(Debug, Clone, PartialEq)]
pub struct WholeCall {
    /// As it was written, without its arguments.
    pub text: String,
    /// The type, followed by `, Assembly` if it is in another one.
    pub type_name: String,
    pub method: MethodName,
    pub args: Arguments,
}

impl WholeCall {
    /// Reads the form above.
    ///
    /// # Errors
    /// What cannot be understood.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (text, args) = match outside_of_brackets(text).find(|(_, c)| *c == '=') {
            Some((at, _)) => (&text[..at], &text[at + 1..]),
            None => (text, "[]"),
        };
        let (name, assembly) = match outside_of_brackets(text).find(|(_, c)| *c == ',') {
            Some((at, _)) => (&text[..at], Some(text[at + 1..].trim())),
            None => (text, None),
        };
        let (at, _) = outside_of_brackets(name)
            .filter(|(_, c)| *c == '.')
            .last()
            .ok_or_else(|| {
                format!(
                    "`{name}` does not name a type and a method: write `Namespace.Type.Method`, and arguments after `=`, as in \
                     'App.Cache.Fill=[1, \"two\"]'"
                )
            })?;
        let type_name = name[..at].trim();
        if type_name.is_empty() || assembly.is_some_and(str::is_empty) {
            return Err(format!(
                "`{text}` does not say where its method is: write `Namespace.Type.Method`, or `Namespace.Type.Method, Assembly`"
            ));
        }
        Ok(Self {
            text: text.trim().into(),
            type_name: match assembly {
                Some(assembly) => format!("{type_name}, {assembly}"),
                None => type_name.into(),
            },
            method: MethodName::parse(&name[at + 1..])?,
            args: parse_arguments(args)?,
        })
    }
}

/// The characters of a name that are in no brackets, with their places.
fn outside_of_brackets(text: &str) -> impl Iterator<Item = (usize, char)> {
    let mut depth = 0u32;
    text.char_indices().filter(move |(_, c)| match c {
        '<' | '[' | '(' => {
            depth += 1;
            false
        }
        '>' | ']' | ')' => {
            depth = depth.saturating_sub(1);
            false
        }
        _ => depth == 0,
    })
}

/// The C# type that a value suggests.
fn suggested<'a>(value: &Value, integer: &'a str) -> Option<&'a str> {
    match value {
        Value::Bool(_) => Some("bool"),
        Value::Int(value) if integer == "int" && i32::try_from(*value).is_err() => None,
        Value::Int(_) => Some(integer),
        Value::UInt(_) => Some("ulong"),
        Value::Float(_) => Some("double"),
        Value::String(_) => Some("string"),
        Value::Bytes(_) => Some("byte[]"),
        Value::Extension(value) if DateTime::try_from(value).is_ok() => Some("System.DateTime"),
        Value::Nil | Value::Array(_) | Value::Map(_) | Value::Extension(_) => None,
    }
}

/// Splits at the commas that are outside of brackets.
fn split(list: &str) -> Result<Vec<String>, String> {
    let mut parts = vec![String::new()];
    let mut depth = 0u32;
    for c in list.chars() {
        match c {
            '<' | '[' | '(' => depth += 1,
            '>' | ']' | ')' => {
                depth = depth
                    .checked_sub(1)
                    .ok_or_else(|| format!("the brackets in `{list}` do not match"))?
            }
            ',' if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(last) = parts.last_mut() {
            last.push(c);
        }
    }
    if depth != 0 {
        return Err(format!("the brackets in `{list}` do not match"));
    }
    let mut parts: Vec<String> = parts
        .into_iter()
        .map(|part| part.trim().to_owned())
        .collect();
    if parts.len() == 1 && parts.first().is_some_and(String::is_empty) {
        parts.clear();
    }
    if parts.iter().any(String::is_empty) {
        return Err(format!("`({list})` has an empty place"));
    }
    Ok(parts)
}

/// A type's name, and the assembly's after a comma.
pub fn split_type(text: &str) -> (&str, Option<&str>) {
    let mut depth = 0i32;
    for (at, c) in text.char_indices() {
        match c {
            '[' | '<' => depth += 1,
            ']' | '>' => depth -= 1,
            ',' if depth == 0 => {
                return (
                    text.get(..at).unwrap_or(text).trim(),
                    text.get(at + 1..).map(str::trim),
                );
            }
            _ => {}
        }
    }
    (text.trim(), None)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Names = Option<Vec<String>>;

    fn parsed(text: &str) -> Result<(String, Names, Names), String> {
        MethodName::parse(text).map(|m| (m.name, m.type_arguments, m.parameters))
    }

    #[test]
    fn names_with_types() {
        let list = |items: &[&str]| Some(items.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>());
        assert_eq!(parsed("Add"), Ok(("Add".into(), None, None)));
        assert_eq!(parsed("Add()"), Ok(("Add".into(), None, list(&[]))));
        assert_eq!(
            parsed("Add(int, List<int, string>[])"),
            Ok(("Add".into(), None, list(&["int", "List<int, string>[]"])))
        );
        assert_eq!(
            parsed("Parse<System.Int32>"),
            Ok(("Parse".into(), list(&["System.Int32"]), None))
        );
        assert_eq!(
            parsed("Of<A, B>(A)"),
            Ok(("Of".into(), list(&["A", "B"]), list(&["A"])))
        );
        assert_eq!(parsed("<Main>$"), Ok(("<Main>$".into(), None, None)));
        assert_eq!(parsed(".ctor"), Ok((".ctor".into(), None, None)));
        for (text, expected) in [
            ("", "missing"),
            ("Add)", "no `(`"),
            ("Add(int,,int)", "empty place"),
            ("Add(List<int)", "do not match"),
            ("Add 1", "no name"),
        ] {
            let message = parsed(text).unwrap_err();
            assert!(message.contains(expected), "{text}: {message}");
        }
    }

    #[test]
    fn kinds_of_arguments_decide_where_their_number_does_not() {
        let types = |method: &str, args: &[Value]| {
            let queries = MethodName::parse(method).unwrap().queries(args);
            queries
                .into_iter()
                .map(|query| query.parameter_types.map(|types| types.join(" ")))
                .collect::<Vec<_>>()
        };
        let some = |text: &str| Some(text.to_owned());
        let args = [Value::Int(1), Value::String("a".into())];
        assert_eq!(
            types("M", &args),
            [
                None,
                some("int string"),
                some("long string"),
                some("double string")
            ]
        );
        assert_eq!(
            types("M", &[Value::Int(1 << 40)]),
            [None, some("long"), some("double")]
        );
        assert_eq!(
            types("M", &[Value::String("a".into())]),
            [None, some("string")]
        );
        assert_eq!(types("M", &[Value::Nil]), [None]);
        assert_eq!(types("M(short)", &[Value::Int(1)]), [some("short")]);
    }

    #[test]
    fn a_type_may_name_its_assembly() {
        assert_eq!(split_type("A.B"), ("A.B", None));
        assert_eq!(split_type("A.B, Lib"), ("A.B", Some("Lib")));
        assert_eq!(
            split_type("A.B`2[C,D], Lib, Version=1.0.0.0"),
            ("A.B`2[C,D]", Some("Lib, Version=1.0.0.0"))
        );
    }

    #[test]
    fn whole_calls() {
        let parsed = |text: &str| {
            WholeCall::parse(text).map(|call| {
                let args = call.args.0.len();
                (call.text, call.type_name, call.method.name, args)
            })
        };
        let ok = |text: &str, of_type: &str, method: &str, args| {
            Ok((text.into(), of_type.into(), method.into(), args))
        };
        for (text, expected) in [
            ("A.B.C", ok("A.B.C", "A.B", "C", 0)),
            ("B.C=[1, \"a=b\"]", ok("B.C", "B", "C", 2)),
            (
                "A.B+D.C, Lib.X=[1]",
                ok("A.B+D.C, Lib.X", "A.B+D, Lib.X", "C", 1),
            ),
            (
                "A.B.C(System.Int32, System.String)=[1, \"x\"]",
                ok("A.B.C(System.Int32, System.String)", "A.B", "C", 2),
            ),
            (
                "A.B.C<System.Int32>=[1]",
                ok("A.B.C<System.Int32>", "A.B", "C", 1),
            ),
            (
                "A.B`1[[X.Y, Z, Version=1.0]].C",
                ok(
                    "A.B`1[[X.Y, Z, Version=1.0]].C",
                    "A.B`1[[X.Y, Z, Version=1.0]]",
                    "C",
                    0,
                ),
            ),
            (
                "Program.<Main>$=[[\"x\"]]",
                ok("Program.<Main>$", "Program", "<Main>$", 1),
            ),
        ] {
            assert_eq!(parsed(text), expected, "{text}");
        }
        for (text, words) in [
            ("Fill", "`Namespace.Type.Method`"),
            (".Fill", "does not say where"),
            ("A.B.C, =[1]", "does not say where"),
            ("A.B.", "name is missing"),
            ("A.B.C=", "not JSON"),
            ("A.B.C=1", "put it in brackets"),
            ("", "`Namespace.Type.Method`"),
        ] {
            let message = parsed(text).unwrap_err();
            assert!(message.contains(words), "{text}: {message}");
        }
    }
}
