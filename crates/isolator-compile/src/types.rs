//! Types as signatures have them, in the words of Mono: what a profile's names and signatures are made of.

use crate::metadata::{Metadata, TYPE_DEF, TYPE_REF, TYPE_SPEC, Token, compressed};
use crate::methods::{CORE, TypeName};
use crate::universe::Universe;
use std::fmt::Write;

/// A type definition: its assembly in the [`Universe`], and its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Def {
    pub assembly: usize,
    pub row: usize,
}

/// A type.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Ty {
    /// One that signatures have a number for: `int`, `string`, …
    Primitive(u8),
    /// A definition, with arguments if it takes some.
    Named(Def, Vec<Ty>),
    /// A parameter of the type, by number.
    Var(usize),
    /// A parameter of the method.
    MethodVar(usize),
    Pointer(Box<Ty>),
    ByRef(Box<Ty>),
    Vector(Box<Ty>),
    Array(Box<Ty>, usize),
    Function,
    /// With a modifier, which is required or not.
    Modified(bool, Box<Ty>, Box<Ty>),
}

const VOID: u8 = 1;
const SINGLE: u8 = 0x0c;
const DOUBLE: u8 = 0x0d;
const STRING: u8 = 0x0e;
const OBJECT: u8 = 0x1c;
pub const TYPED_REFERENCE: u8 = 0x16;

/// What is nested deeper is not followed: signatures may recurse for as long as their bytes reach.
const DEEPEST: usize = 24;

/// Most parts that a type or a signature may have: what has more is not followed. Each is some fifty bytes here, and a generic type can double its
/// arguments with each step.
const MOST_PARTS: usize = 1000;

/// Most parameters of a generic type or method: what has more stays interpreted. A signature says any number in four bytes.
pub const MOST_PARAMETERS: usize = 255;

/// Mono's word for a primitive, and the name of its struct or class.
fn primitive(number: u8) -> Option<(&'static str, &'static str)> {
    Some(match number {
        VOID => ("void", "System.Void"),
        2 => ("bool", "System.Boolean"),
        3 => ("char", "System.Char"),
        4 => ("sbyte", "System.SByte"),
        5 => ("byte", "System.Byte"),
        6 => ("int16", "System.Int16"),
        7 => ("uint16", "System.UInt16"),
        8 => ("int", "System.Int32"),
        9 => ("uint", "System.UInt32"),
        10 => ("long", "System.Int64"),
        11 => ("ulong", "System.UInt64"),
        12 => ("single", "System.Single"),
        13 => ("double", "System.Double"),
        STRING => ("string", "System.String"),
        TYPED_REFERENCE => ("typedbyref", "System.TypedReference"),
        0x18 => ("intptr", "System.IntPtr"),
        0x19 => ("uintptr", "System.UIntPtr"),
        OBJECT => ("object", "System.Object"),
        _ => return None,
    })
}

/// The signature of a method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    pub parameters: Vec<Ty>,
    pub result: Ty,
    /// Type parameters of its own.
    pub generic: usize,
}

impl Ty {
    /// Reads one from a signature of that assembly.
    pub fn read(universe: &Universe<'_>, assembly: usize, blob: &mut &[u8]) -> Option<Self> {
        let mut room = MOST_PARTS;
        Self::read_in(universe, assembly, blob, 0, &mut room)
    }

    fn read_in(
        universe: &Universe<'_>,
        assembly: usize,
        blob: &mut &[u8],
        depth: usize,
        room: &mut usize,
    ) -> Option<Self> {
        if depth > DEEPEST {
            return None;
        }
        *room = room.checked_sub(1)?;
        let mut next = |blob: &mut &[u8]| {
            Self::read_in(universe, assembly, blob, depth + 1, room).map(Box::new)
        };
        let kind = *blob.first()?;
        *blob = &blob[1..];
        Some(match kind {
            0x0f => Self::Pointer(next(blob)?),
            0x10 => Self::ByRef(next(blob)?),
            0x11 | 0x12 => Self::Named(universe.definition(assembly, coded(blob)?)?, Vec::new()),
            0x13 => Self::Var(compressed(blob)?),
            0x1e => Self::MethodVar(compressed(blob)?),
            0x14 => {
                let element = next(blob)?;
                let rank = compressed(blob)?;
                for _ in 0..2 {
                    for _ in 0..compressed(blob)? {
                        compressed(blob)?;
                    }
                }
                Self::Array(element, rank.min(32))
            }
            0x15 => {
                let _class_or_value = blob.first()?;
                *blob = &blob[1..];
                let definition = universe.definition(assembly, coded(blob)?)?;
                let count = compressed(blob)?;
                let arguments = (0..count)
                    .map(|_| next(blob).map(|ty| *ty))
                    .collect::<Option<_>>()?;
                Self::Named(definition, arguments)
            }
            0x1b => {
                Signature::read_in(universe, assembly, blob, depth + 1, room)?;
                Self::Function
            }
            0x1d => Self::Vector(next(blob)?),
            0x1f | 0x20 => {
                let modifier = universe.definition(assembly, coded(blob)?)?;
                let modifier = Box::new(Self::Named(modifier, Vec::new()));
                Self::Modified(kind == 0x1f, modifier, next(blob)?)
            }
            // Pinned and sentinel say nothing of the type.
            0x45 | 0x41 => *next(blob)?,
            number if primitive(number).is_some() => Self::Primitive(number),
            _ => return None,
        })
    }

    /// The type that a token names.
    pub fn of_token(universe: &Universe<'_>, assembly: usize, (table, row): Token) -> Option<Self> {
        match table {
            TYPE_SPEC => Self::read(
                universe,
                assembly,
                &mut universe.metadata(assembly).blob(TYPE_SPEC, row, 0)?,
            ),
            _ => {
                let definition = universe.definition(assembly, (table, row))?;
                Some(
                    universe
                        .primitive_of(definition)
                        .map_or(Self::Named(definition, Vec::new()), Self::Primitive),
                )
            }
        }
    }

    /// With arguments in place of parameters. None if there is none for one, or it becomes too large.
    pub fn with(&self, of_type: &[Self], of_method: &[Self]) -> Option<Self> {
        let mut room = MOST_PARTS;
        self.with_in(of_type, of_method, &mut room)
    }

    fn with_in(&self, of_type: &[Self], of_method: &[Self], room: &mut usize) -> Option<Self> {
        let argument = |ty: &Self, room: &mut usize| {
            *room = room.checked_sub(ty.parts())?;
            Some(ty.clone())
        };
        let one = |ty: &Self, room: &mut usize| ty.with_in(of_type, of_method, room);
        let boxed = |ty: &Self, room: &mut usize| one(ty, room).map(Box::new);
        *room = room.checked_sub(1)?;
        Some(match self {
            Self::Var(number) => argument(of_type.get(*number)?, room)?,
            Self::MethodVar(number) => argument(of_method.get(*number)?, room)?,
            Self::Named(definition, arguments) => Self::Named(
                *definition,
                arguments
                    .iter()
                    .map(|argument| one(argument, room))
                    .collect::<Option<_>>()?,
            ),
            Self::Pointer(inner) => Self::Pointer(boxed(inner, room)?),
            Self::ByRef(inner) => Self::ByRef(boxed(inner, room)?),
            Self::Vector(inner) => Self::Vector(boxed(inner, room)?),
            Self::Array(inner, rank) => Self::Array(boxed(inner, room)?, *rank),
            Self::Modified(required, modifier, inner) => {
                Self::Modified(*required, modifier.clone(), boxed(inner, room)?)
            }
            Self::Primitive(_) | Self::Function => self.clone(),
        })
    }

    /// How many types it consists of.
    #[must_use]
    pub fn parts(&self) -> usize {
        match self {
            Self::Named(_, arguments) => 1 + arguments.iter().map(Self::parts).sum::<usize>(),
            Self::Pointer(inner)
            | Self::ByRef(inner)
            | Self::Vector(inner)
            | Self::Array(inner, _) => 1 + inner.parts(),
            Self::Modified(_, modifier, inner) => 1 + modifier.parts() + inner.parts(),
            Self::Primitive(_) | Self::Var(_) | Self::MethodVar(_) | Self::Function => 1,
        }
    }

    /// Whether it is a floating-point number.
    #[must_use]
    pub fn is_float(&self) -> bool {
        match self {
            Self::Primitive(number) => matches!(*number, SINGLE | DOUBLE),
            Self::Modified(_, _, inner) => inner.is_float(),
            _ => false,
        }
    }

    /// Whether values of it are no references: code of generic methods is made for each such type.
    #[must_use]
    pub fn is_value(&self, universe: &Universe<'_>) -> bool {
        match self {
            Self::Primitive(number) => !matches!(*number, STRING | OBJECT),
            Self::Named(definition, _) => universe.is_value(*definition),
            Self::Pointer(_) | Self::Function => true,
            Self::Modified(_, _, inner) => inner.is_value(universe),
            _ => false,
        }
    }

    /// Whether a definition is somewhere in it for which this holds.
    pub fn names(&self, of: &impl Fn(Def) -> bool) -> bool {
        match self {
            Self::Named(definition, arguments) => {
                of(*definition) || arguments.iter().any(|argument| argument.names(of))
            }
            Self::Pointer(inner)
            | Self::ByRef(inner)
            | Self::Vector(inner)
            | Self::Array(inner, _)
            | Self::Modified(_, _, inner) => inner.names(of),
            _ => false,
        }
    }

    /// How deep types are nested in it.
    #[must_use]
    pub fn depth(&self) -> usize {
        match self {
            Self::Named(_, arguments) => 1 + arguments.iter().map(Self::depth).max().unwrap_or(0),
            Self::Pointer(inner)
            | Self::ByRef(inner)
            | Self::Vector(inner)
            | Self::Array(inner, _)
            | Self::Modified(_, _, inner) => 1 + inner.depth(),
            _ => 0,
        }
    }

    /// As an argument of a profile's, which knows classes and structs only. Code is shared among all references, so that `object` stands for
    /// an array. None for what can be no argument.
    #[must_use]
    pub fn argument(&self, universe: &Universe<'_>) -> Option<TypeName> {
        match self {
            Self::Primitive(number) => Some(TypeName::core(primitive(*number)?.1)),
            Self::Vector(_) | Self::Array(..) => Some(TypeName::core("System.Object")),
            Self::Named(definition, arguments) => Some(TypeName {
                assembly: universe.assembly_name(definition.assembly)?.to_owned(),
                name: universe.profile_name(*definition)?,
                arguments: arguments
                    .iter()
                    .map(|argument| argument.argument(universe))
                    .collect::<Option<_>>()?,
            }),
            _ => None,
        }
    }

    /// The type that stands for it among arguments: see [`Self::argument`].
    #[must_use]
    pub fn stand_in(&self) -> Self {
        match self {
            Self::Vector(_) | Self::Array(..) => Self::Primitive(OBJECT),
            Self::Named(definition, arguments) => {
                Self::Named(*definition, arguments.iter().map(Self::stand_in).collect())
            }
            other => other.clone(),
        }
    }

    /// The class that all references are.
    #[must_use]
    pub fn object() -> Self {
        Self::Primitive(OBJECT)
    }

    /// Writes it as Mono prints it in the signature of a method.
    fn write(&self, universe: &Universe<'_>, out: &mut String) -> Option<()> {
        match self {
            Self::Primitive(number) => out.push_str(primitive(*number)?.0),
            Self::Named(definition, arguments) => {
                universe.write_name(*definition, out)?;
                for (i, argument) in arguments.iter().enumerate() {
                    out.push_str(if i == 0 { "<" } else { ", " });
                    argument.write(universe, out)?;
                }
                if !arguments.is_empty() {
                    out.push('>');
                }
            }
            Self::Var(_) | Self::MethodVar(_) => return None,
            Self::Pointer(inner) => {
                inner.write(universe, out)?;
                out.push('*');
            }
            Self::ByRef(inner) => {
                inner.write(universe, out)?;
                out.push('&');
            }
            Self::Vector(inner) => {
                inner.write(universe, out)?;
                out.push_str("[]");
            }
            Self::Array(inner, rank) => {
                inner.write(universe, out)?;
                let _ = write!(out, "[{}]", ",".repeat(rank.saturating_sub(1)));
            }
            Self::Function => out.push_str("*()"),
            Self::Modified(required, modifier, inner) => {
                // A modifier of a reference stands before its sign.
                let (inner, sign) = match &**inner {
                    Self::ByRef(inner) => (inner, "&"),
                    _ => (inner, ""),
                };
                inner.write(universe, out)?;
                out.push_str(if *required { " modreq(" } else { " modopt(" });
                modifier.write(universe, out)?;
                out.push(')');
                out.push_str(sign);
            }
        }
        Some(())
    }
}

impl Signature {
    /// Reads one of a method in that assembly.
    pub fn read(universe: &Universe<'_>, assembly: usize, mut blob: &[u8]) -> Option<Self> {
        let mut room = MOST_PARTS;
        Self::read_in(universe, assembly, &mut blob, 0, &mut room)
    }

    fn read_in(
        universe: &Universe<'_>,
        assembly: usize,
        blob: &mut &[u8],
        depth: usize,
        room: &mut usize,
    ) -> Option<Self> {
        const GENERIC: usize = 0x10;
        const FIELD: usize = 6;
        let convention = compressed(blob)?;
        if convention & 0xf == FIELD {
            return None;
        }
        let generic = if convention & GENERIC != 0 {
            compressed(blob)?
        } else {
            0
        };
        if generic > MOST_PARAMETERS {
            return None;
        }
        let count = compressed(blob)?;
        let result = Ty::read_in(universe, assembly, blob, depth, room)?;
        let parameters = (0..count)
            .map(|_| Ty::read_in(universe, assembly, blob, depth, room))
            .collect::<Option<_>>()?;
        Some(Self {
            parameters,
            result,
            generic,
        })
    }

    /// As Mono prints it, with these arguments.
    #[must_use]
    pub fn print(
        &self,
        universe: &Universe<'_>,
        of_type: &[Ty],
        of_method: &[Ty],
    ) -> Option<String> {
        let mut out = String::new();
        self.result
            .with(of_type, of_method)?
            .write(universe, &mut out)?;
        out.push('(');
        for (i, parameter) in self.parameters.iter().enumerate() {
            if i > 0 {
                out.push(',');
            }
            parameter
                .with(of_type, of_method)?
                .write(universe, &mut out)?;
        }
        out.push(')');
        Some(out)
    }
}

/// The token in a signature.
fn coded(blob: &mut &[u8]) -> Option<Token> {
    let value = compressed(blob)?;
    let table = *[TYPE_DEF, TYPE_REF, TYPE_SPEC].get(value & 3)?;
    Some((table, (value >> 2).checked_sub(1)?))
}

/// The number of a primitive by its name in the core library.
#[must_use]
pub fn primitive_named(namespace: &str, name: &str) -> Option<u8> {
    if namespace != "System" {
        return None;
    }
    (VOID..=OBJECT).find(|number| {
        primitive(*number).is_some_and(|(_, full)| full.strip_prefix("System.") == Some(name))
    })
}

/// The name of the core library.
#[must_use]
pub fn is_core(metadata: &Metadata<'_>) -> bool {
    metadata.name() == Some(CORE)
}
