//! Values that an expression finds under names.

use crate::error::{Error, Result};
use isolator_host::values::Value;
use serde::Serialize;

/// Values that an expression finds under names.
///
/// ```
/// # fn main() -> isolator_script::Result<()> {
/// use isolator_script::Globals;
/// let globals = Globals::new().set("limit", 3)?.set("names", ["a", "b"])?.typed("price", "decimal", "9.95")?;
/// assert_eq!(globals.types().collect::<Vec<_>>(), [("limit", "int"), ("names", "string[]"), ("price", "decimal")]);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Globals(Vec<(String, String, Value)>);

impl Globals {
    /// None.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// One more, of the C# type that its value is of: `bool`, `int` (or `long`, `ulong`), `double`, `string`, `byte[]`, `DateTime`, arrays of one of them,
    /// dictionaries by `string`, else `object`.
    ///
    /// # Errors
    /// [`Error::Global`] if it cannot be serialized.
    pub fn set(self, name: impl Into<String>, value: impl Serialize) -> Result<Self> {
        self.add(name.into(), None, &value)
    }

    /// One more, of this type, as C# writes it.
    ///
    /// # Errors
    /// [`Error::Global`] if it cannot be serialized.
    pub fn typed(
        self,
        name: impl Into<String>,
        type_name: impl Into<String>,
        value: impl Serialize,
    ) -> Result<Self> {
        self.add(name.into(), Some(type_name.into()), &value)
    }

    /// Names and types.
    pub fn types(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, of, _)| (&**name, &**of))
    }

    pub(crate) fn values(&self) -> Vec<Value> {
        self.0.iter().map(|(_, _, value)| value.clone()).collect()
    }

    fn add(mut self, name: String, of: Option<String>, value: &impl Serialize) -> Result<Self> {
        let value = Value::of(value).map_err(|error| Error::Global {
            name: name.clone(),
            message: error.to_string(),
        })?;
        let of = of.unwrap_or_else(|| type_of(&value));
        match self.0.iter_mut().find(|(known, _, _)| *known == name) {
            Some(known) => *known = (name, of, value),
            None => self.0.push((name, of, value)),
        }
        Ok(self)
    }
}

const OBJECT: &str = "object";
const DATE_TIME: i8 = -1;

fn type_of(value: &Value) -> String {
    match value {
        Value::Bool(_) => "bool".into(),
        Value::Int(number) if i32::try_from(*number).is_ok() => "int".into(),
        Value::Int(_) => "long".into(),
        Value::UInt(_) => "ulong".into(),
        Value::Float(_) => "double".into(),
        Value::String(_) => "string".into(),
        Value::Bytes(_) => "byte[]".into(),
        Value::Array(elements) => format!("{}[]", common(elements.iter())),
        Value::Map(entries) if entries.iter().all(|(key, _)| key.as_str().is_some()) => format!(
            "System.Collections.Generic.Dictionary<string, {}>",
            common(entries.iter().map(|(_, value)| value))
        ),
        Value::Map(_) => "System.Collections.Generic.Dictionary<object, object>".into(),
        Value::Extension(extension) if extension.kind == DATE_TIME => "System.DateTime".into(),
        Value::Nil | Value::Extension(_) => OBJECT.into(),
    }
}

/// The type that all of them have, or that their numbers fit.
fn common<'a>(values: impl Iterator<Item = &'a Value>) -> String {
    let wider = |a: String, b: String| match (&*a, &*b) {
        (a, b) if a == b => a.to_owned(),
        ("int" | "long", "int" | "long") => "long".into(),
        ("int" | "double", "int" | "double") => "double".into(),
        _ => OBJECT.into(),
    };
    values
        .map(type_of)
        .reduce(wider)
        .unwrap_or_else(|| OBJECT.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn types_are_those_of_the_values() {
        let of = |value: &dyn Fn() -> Result<Globals>| value().unwrap().0[0].1.clone();
        assert_eq!(of(&|| Globals::new().set("x", true)), "bool");
        assert_eq!(of(&|| Globals::new().set("x", -7)), "int");
        assert_eq!(of(&|| Globals::new().set("x", 1_i64 << 40)), "long");
        assert_eq!(of(&|| Globals::new().set("x", u64::MAX)), "ulong");
        assert_eq!(of(&|| Globals::new().set("x", 0.5)), "double");
        assert_eq!(of(&|| Globals::new().set("x", "text")), "string");
        assert_eq!(of(&|| Globals::new().set("x", [1, 2])), "int[]");
        assert_eq!(of(&|| Globals::new().set("x", [1, 1_i64 << 40])), "long[]");
        assert_eq!(of(&|| Globals::new().set("x", (1, 0.5))), "double[]");
        assert_eq!(of(&|| Globals::new().set("x", (1, "a"))), "object[]");
        assert_eq!(
            of(&|| Globals::new().set("x", vec![vec!["a"], vec![]])),
            "object[]"
        );
        assert_eq!(
            of(&|| Globals::new().set("x", BTreeMap::from([("a", 1)]))),
            "System.Collections.Generic.Dictionary<string, int>"
        );
        assert_eq!(of(&|| Globals::new().set("x", None::<i32>)), "object");
        assert_eq!(of(&|| Globals::new().typed("x", "short", 1)), "short");
    }

    #[test]
    fn a_name_that_is_set_again_has_the_last_value() {
        let globals = Globals::new().set("x", 1).unwrap().set("x", "b").unwrap();
        assert_eq!(globals.types().collect::<Vec<_>>(), [("x", "string")]);
        assert_eq!(globals.values(), [Value::from("b")]);
    }
}
