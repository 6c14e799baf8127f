//! Where the methods of a .NET assembly are in its file: what changing a method in place, and the list of compiled ones, take of its metadata.

use isolator_compile::metadata::{
    self as tables, MEMBER_REF, METHOD_DEF, NESTED, TYPE_DEF, TYPE_REF, compressed,
};
use std::ops::Range;

/// A method in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Method {
    /// Its metadata token.
    pub token: u32,
    /// Where its row is in the file: the address of its body (4 bytes), `ImplFlags` (2), `Flags` (2).
    pub row: usize,
    /// Where its IL is in the file; none if it has no body.
    pub il: Option<Range<usize>>,
    /// How many parameters it has.
    pub parameters: usize,
    /// The last byte of its signature: the element type where its last parameter is generic over a number.
    pub last: Option<u8>,
}

/// A method by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct NamedMethod<'a> {
    /// The namespace of its type; none if that is inside another type.
    pub namespace: &'a str,
    /// The name of its type.
    pub owner: &'a str,
    /// Its own.
    pub name: &'a str,
    /// How many parameters it has.
    pub parameters: usize,
    /// Whether one of its handlers has a filter (`catch … when`).
    pub filters: bool,
}

/// The metadata of an assembly.
pub struct Metadata<'a>(tables::Metadata<'a>);

impl<'a> Metadata<'a> {
    /// Reads the headers. `None` if this is not an assembly.
    #[must_use]
    pub fn read(file: &'a [u8]) -> Option<Self> {
        tables::Metadata::read(file).map(Self)
    }

    /// The methods of that name of a type, by its full name: of one inside another, `NAMESPACE.OUTER/INNER`.
    #[must_use]
    pub fn methods(&self, of_type: &str, name: &str) -> Vec<Method> {
        let Some(row) = self.type_named(of_type) else {
            return Vec::new();
        };
        self.0
            .methods_of(row)
            .filter(|row| self.0.text(METHOD_DEF, *row, 3) == Some(name))
            .filter_map(|row| self.method(row))
            .collect()
    }

    /// The token by which the assembly calls a method of another assembly's type, which is not inside another type; none if it does not.
    #[must_use]
    pub fn foreign(&self, of_type: &str, name: &str) -> Option<u32> {
        let (namespace, simple) = of_type.rsplit_once('.').unwrap_or(("", of_type));
        let row = (0..self.0.rows(MEMBER_REF)).find(|row| {
            let owner = self.0.row(MEMBER_REF, *row, 0);
            let is_it = matches!(owner, Some((TYPE_REF, owner))
                if self.0.text(TYPE_REF, owner, 1) == Some(simple)
                    && self.0.text(TYPE_REF, owner, 2) == Some(namespace));
            is_it && self.0.text(MEMBER_REF, *row, 1) == Some(name)
        })?;
        Some(0x0a00_0000 | u32::try_from(row + 1).ok()?)
    }

    /// The row of a type.
    fn type_named(&self, full: &str) -> Option<usize> {
        let mut names = full.split('/');
        let outermost = names.next()?;
        let (namespace, simple) = outermost.rsplit_once('.').unwrap_or(("", outermost));
        let mut row = (0..self.0.rows(TYPE_DEF)).find(|row| {
            self.0.text(TYPE_DEF, *row, 1) == Some(simple)
                && self.0.text(TYPE_DEF, *row, 2) == Some(namespace)
        })?;
        for name in names {
            row = (0..self.0.rows(NESTED)).find_map(|nested| {
                let (_, inner) = self.0.row(NESTED, nested, 0)?;
                let (_, outer) = self.0.row(NESTED, nested, 1)?;
                (outer == row && self.0.text(TYPE_DEF, inner, 1) == Some(name)).then_some(inner)
            })?;
        }
        Some(row)
    }

    /// The module's version id, as Mono writes it.
    #[must_use]
    pub fn mvid(&self) -> Option<String> {
        self.0.mvid()
    }

    /// Every method that there is. Of a type inside another only its own name is told.
    pub fn all_methods(&self) -> impl Iterator<Item = NamedMethod<'a>> {
        (0..self.0.rows(TYPE_DEF)).flat_map(move |row| {
            self.0.methods_of(row).filter_map(move |method| {
                Some(NamedMethod {
                    namespace: self.0.text(TYPE_DEF, row, 2)?,
                    owner: self.0.text(TYPE_DEF, row, 1)?,
                    name: self.0.text(METHOD_DEF, method, 3)?,
                    parameters: self.parameters(method)?,
                    filters: self.0.body(method).is_some_and(|body| body.filters()),
                })
            })
        })
    }

    /// Every type that is a struct or an enum: its namespace (none if it is inside another type) and its name.
    pub fn value_types(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        (0..self.0.rows(TYPE_DEF))
            .filter(|row| self.is_value_type(*row).unwrap_or(false))
            .filter_map(|row| {
                Some((
                    self.0.text(TYPE_DEF, row, 2)?,
                    self.0.text(TYPE_DEF, row, 1)?,
                ))
            })
    }

    /// Whether a type's base is `ValueType` or `Enum`; these two themselves are classes, and the one is the other's base.
    fn is_value_type(&self, row: usize) -> Option<bool> {
        let (table @ (TYPE_DEF | TYPE_REF), base) = self.0.row(TYPE_DEF, row, 3)? else {
            return Some(false);
        };
        // In both tables the name is the second column.
        let name = self.0.text(table, base, 1)?;
        let itself = self.0.text(TYPE_DEF, row, 1)?;
        Some(matches!(name, "ValueType" | "Enum") && itself != "Enum")
    }

    /// The number of parameters in a method's signature, ECMA-335 II.23.2.1.
    fn parameters(&self, method: usize) -> Option<usize> {
        const GENERIC: usize = 0x10;
        let mut blob = self.0.blob(METHOD_DEF, method, 4)?;
        let convention = compressed(&mut blob)?;
        if convention & GENERIC != 0 {
            compressed(&mut blob)?;
        }
        compressed(&mut blob)
    }

    /// How many methods have their IL there.
    #[must_use]
    pub fn methods_at(&self, il: &Range<usize>) -> usize {
        (0..self.0.rows(METHOD_DEF))
            .filter_map(|row| self.method(row))
            .filter(|method| method.il.as_ref() == Some(il))
            .count()
    }

    fn method(&self, row: usize) -> Option<Method> {
        let il = match self.0.cell(METHOD_DEF, row, 0)? {
            0 => None,
            _ => Some(self.0.body(row)?.il),
        };
        Some(Method {
            token: 0x0600_0000 | u32::try_from(row + 1).ok()?,
            row: self.0.place(METHOD_DEF, row)?,
            il,
            parameters: self.parameters(row)?,
            last: self.0.blob(METHOD_DEF, row, 4)?.last().copied(),
        })
    }
}
