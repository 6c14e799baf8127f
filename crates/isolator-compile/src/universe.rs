//! Assemblies that refer to each other.

use crate::metadata::{
    ASSEMBLY_REF, EXPORTED, GENERIC_PARAM, INTERFACE, MEMBER_REF, METHOD_DEF, METHOD_SPEC,
    Metadata, NESTED, TYPE_DEF, TYPE_REF, TYPE_SPEC, Token, compressed,
};
use crate::methods::TypeName;
use crate::types::{Def, Signature, Ty, is_core, primitive_named};
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{HashMap, HashSet};
use std::time::Instant;

/// How often a type may be forwarded from one assembly to another.
const MOST_FORWARDS: usize = 16;
/// How deep types may be nested in types.
const DEEPEST: usize = 16;

/// Most bytes of a name that consists of several, or of a signature.
const LONGEST_TEXT: usize = 16 << 10;

/// What may be made of assemblies while they are read, which are strangers' and say what they want.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Parts of all types that are kept, some fifty bytes each. A program of 100,000 methods has half a million.
    pub parts: usize,
    /// Bytes of the names of all methods that are compiled.
    pub text: usize,
    /// When it has to be done.
    pub until: Option<Instant>,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            parts: 4_000_000,
            text: 256 << 20,
            until: None,
        }
    }
}

/// An assembly and what is looked up in it.
struct Known<'a> {
    metadata: Metadata<'a>,
    types: OnceCell<HashMap<(&'a str, &'a str), usize>>,
    /// The type that a type is nested in, and those in it by name.
    outer: OnceCell<HashMap<usize, usize>>,
    inner: OnceCell<HashMap<(usize, &'a str), usize>>,
    forwards: OnceCell<HashMap<(&'a str, &'a str), usize>>,
    /// The type of each method.
    owners: OnceCell<Vec<usize>>,
    /// How many parameters each type takes that takes some.
    parameters: OnceCell<HashMap<usize, usize>>,
    /// The types that tell more of their layout than their fields: see [`crate::layout`].
    with_layout: OnceCell<HashSet<usize>>,
}

/// All assemblies that a program can refer to, itself among them.
#[derive(Default)]
pub struct Universe<'a> {
    assemblies: Vec<Known<'a>>,
    by_name: HashMap<&'a str, usize>,
    core: Option<usize>,
    bounds: Bounds,
    /// Of [`Bounds::parts`].
    parts: Cell<usize>,
    /// Structs that were looked at already: see [`crate::layout`].
    pub(crate) larger: RefCell<HashMap<Ty, bool>>,
}

/// A method with arguments for all its parameters.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Instance {
    pub owner: Def,
    /// Row of the method.
    pub method: usize,
    pub of_type: Vec<Ty>,
    pub of_method: Vec<Ty>,
}

impl Instance {
    /// How much of [`Bounds::parts`] it takes.
    #[must_use]
    pub fn parts(&self) -> usize {
        let arguments = self.of_type.iter().chain(&self.of_method);
        2 + arguments.map(Ty::parts).sum::<usize>()
    }
}

impl<'a> Universe<'a> {
    /// One that is read within these bounds.
    #[must_use]
    pub fn within(bounds: Bounds) -> Self {
        Self {
            bounds,
            ..Self::default()
        }
    }

    /// What may be made of it.
    #[must_use]
    pub fn bounds(&self) -> &Bounds {
        &self.bounds
    }

    /// Takes so many parts of those that may be kept; false if there are not so many left.
    pub(crate) fn takes(&self, parts: usize) -> bool {
        let taken = self.parts.get().saturating_add(parts);
        let fits = taken <= self.bounds.parts;
        if fits {
            self.parts.set(taken);
        }
        fits
    }

    /// Whether it should be done by now.
    #[must_use]
    pub fn is_late(&self) -> bool {
        self.bounds
            .until
            .is_some_and(|until| Instant::now() > until)
    }

    /// Adds an assembly, unless there is one of its name. The result is its number.
    pub fn add(&mut self, metadata: Metadata<'a>) -> Option<usize> {
        let name = metadata.name()?;
        if let Some(known) = self.by_name.get(name) {
            return Some(*known);
        }
        let number = self.assemblies.len();
        if is_core(&metadata) {
            self.core = Some(number);
        }
        self.by_name.insert(name, number);
        self.assemblies.push(Known {
            metadata,
            types: OnceCell::new(),
            outer: OnceCell::new(),
            inner: OnceCell::new(),
            forwards: OnceCell::new(),
            owners: OnceCell::new(),
            parameters: OnceCell::new(),
            with_layout: OnceCell::new(),
        });
        Some(number)
    }

    /// The number of the assembly of that name.
    #[must_use]
    pub fn assembly(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// An assembly's metadata.
    #[must_use]
    pub fn metadata(&self, assembly: usize) -> &Metadata<'a> {
        &self.assemblies[assembly].metadata
    }

    /// An assembly's name.
    #[must_use]
    pub fn assembly_name(&self, assembly: usize) -> Option<&'a str> {
        self.metadata(assembly).name()
    }

    /// The MVIDs of all, by name.
    #[must_use]
    pub fn mvids(&self) -> std::collections::BTreeMap<String, String> {
        self.assemblies
            .iter()
            .filter_map(|known| Some((known.metadata.name()?.to_owned(), known.metadata.mvid()?)))
            .collect()
    }

    fn outer(&self, assembly: usize) -> &HashMap<usize, usize> {
        let known = &self.assemblies[assembly];
        known.outer.get_or_init(|| {
            let row = |row, column| known.metadata.row(NESTED, row, column).map(|(_, row)| row);
            (0..known.metadata.rows(NESTED))
                .filter_map(|nested| Some((row(nested, 0)?, row(nested, 1)?)))
                .collect()
        })
    }

    pub(crate) fn nested(&self, assembly: usize, outer: usize, name: &str) -> Option<usize> {
        let known = &self.assemblies[assembly];
        let inner = known.inner.get_or_init(|| {
            self.outer(assembly)
                .iter()
                .filter_map(|(inner, outer)| {
                    Some(((*outer, known.metadata.text(TYPE_DEF, *inner, 1)?), *inner))
                })
                .collect()
        });
        inner.get(&(outer, name)).copied()
    }

    /// A type that is not nested, by its name, forwarded or not.
    #[must_use]
    pub fn find(&self, mut assembly: usize, namespace: &str, name: &str) -> Option<Def> {
        for _ in 0..MOST_FORWARDS {
            let known = &self.assemblies[assembly];
            let metadata = &known.metadata;
            let types = known.types.get_or_init(|| {
                let outer = self.outer(assembly);
                (0..metadata.rows(TYPE_DEF))
                    .filter(|row| !outer.contains_key(row))
                    .filter_map(|row| {
                        Some((
                            (
                                metadata.text(TYPE_DEF, row, 2)?,
                                metadata.text(TYPE_DEF, row, 1)?,
                            ),
                            row,
                        ))
                    })
                    .collect()
            });
            if let Some(row) = types.get(&(namespace, name)) {
                return Some(Def {
                    assembly,
                    row: *row,
                });
            }
            let forwards = known.forwards.get_or_init(|| {
                (0..metadata.rows(EXPORTED))
                    .filter_map(|row| {
                        let (table, to) = metadata.row(EXPORTED, row, 3)?;
                        let name = (
                            metadata.text(EXPORTED, row, 2)?,
                            metadata.text(EXPORTED, row, 1)?,
                        );
                        (table == ASSEMBLY_REF).then_some((name, to))
                    })
                    .collect()
            });
            assembly = self.referenced(assembly, *forwards.get(&(namespace, name))?)?;
        }
        None
    }

    /// The assembly that a row of references names.
    #[must_use]
    pub fn referenced(&self, assembly: usize, row: usize) -> Option<usize> {
        self.assembly(self.metadata(assembly).text(ASSEMBLY_REF, row, 3)?)
    }

    /// The definition that a token leads to.
    #[must_use]
    pub fn definition(&self, assembly: usize, token: Token) -> Option<Def> {
        self.definition_in(assembly, token, 0)
    }

    fn definition_in(&self, assembly: usize, (table, row): Token, depth: usize) -> Option<Def> {
        let metadata = self.metadata(assembly);
        match table {
            TYPE_DEF => (row < metadata.rows(TYPE_DEF)).then_some(Def { assembly, row }),
            TYPE_REF if depth < DEEPEST => {
                let (namespace, name) = (
                    metadata.text(TYPE_REF, row, 2)?,
                    metadata.text(TYPE_REF, row, 1)?,
                );
                match metadata.row(TYPE_REF, row, 0)? {
                    (ASSEMBLY_REF, to) => {
                        self.find(self.referenced(assembly, to)?, namespace, name)
                    }
                    outer @ (TYPE_REF, _) => {
                        let outer = self.definition_in(assembly, outer, depth + 1)?;
                        let row = self.nested(outer.assembly, outer.row, name)?;
                        Some(Def {
                            assembly: outer.assembly,
                            row,
                        })
                    }
                    _ => self.find(assembly, namespace, name),
                }
            }
            _ => None,
        }
    }

    /// The number of a definition that signatures have one for.
    #[must_use]
    pub fn primitive_of(&self, definition: Def) -> Option<u8> {
        if Some(definition.assembly) != self.core {
            return None;
        }
        let metadata = self.metadata(definition.assembly);
        primitive_named(
            metadata.text(TYPE_DEF, definition.row, 2)?,
            metadata.text(TYPE_DEF, definition.row, 1)?,
        )
    }

    /// The base of a type, if it is told by a name.
    fn base(&self, definition: Def) -> Option<Def> {
        self.definition(
            definition.assembly,
            self.metadata(definition.assembly)
                .row(TYPE_DEF, definition.row, 3)?,
        )
    }

    /// Whether it has that name.
    #[must_use]
    pub fn is_named(&self, definition: Def, namespace: &str, name: &str) -> bool {
        let metadata = self.metadata(definition.assembly);
        metadata.text(TYPE_DEF, definition.row, 1) == Some(name)
            && metadata.text(TYPE_DEF, definition.row, 2) == Some(namespace)
    }

    /// Whether it is a struct or an enum.
    #[must_use]
    pub fn is_value(&self, definition: Def) -> bool {
        let base = self.base(definition);
        let is = |name| base.is_some_and(|base| self.is_named(base, "System", name));
        is("Enum") || (is("ValueType") && !self.is_named(definition, "System", "Enum"))
    }

    /// Whether a type of that name, as profiles have it, is a struct or an enum.
    #[must_use]
    pub fn is_value_named(&self, ty: &TypeName) -> bool {
        self.type_named(ty)
            .is_some_and(|definition| self.is_value(definition))
    }

    /// Whether it is an enum.
    #[must_use]
    pub fn is_enum(&self, definition: Def) -> bool {
        self.base(definition)
            .is_some_and(|base| self.is_named(base, "System", "Enum"))
    }

    /// Whether it has an interface of that name, in the namespace `System`.
    #[must_use]
    pub fn has_interface(&self, definition: Def, name: &str) -> bool {
        let metadata = self.metadata(definition.assembly);
        (0..metadata.rows(INTERFACE))
            .filter(|row| metadata.row(INTERFACE, *row, 0) == Some((TYPE_DEF, definition.row)))
            .filter_map(|row| metadata.row(INTERFACE, row, 1))
            .filter_map(
                |token| match Ty::of_token(self, definition.assembly, token)? {
                    Ty::Named(interface, _) => Some(interface),
                    _ => None,
                },
            )
            .any(|interface| self.is_named(interface, "System", name))
    }

    /// Its name as Mono prints it: `Namespace.Outer/Inner`.
    #[must_use]
    pub fn write_name(&self, definition: Def, out: &mut String) -> Option<()> {
        self.write_name_in(definition, out, 0)
    }

    fn write_name_in(&self, definition: Def, out: &mut String, depth: usize) -> Option<()> {
        let metadata = self.metadata(definition.assembly);
        if let Some(outer) = self.outer(definition.assembly).get(&definition.row)
            && depth < DEEPEST
        {
            let outer = Def {
                assembly: definition.assembly,
                row: *outer,
            };
            self.write_name_in(outer, out, depth + 1)?;
            out.push('/');
        }
        let namespace = metadata.text(TYPE_DEF, definition.row, 2)?;
        if !namespace.is_empty() {
            out.push_str(namespace);
            out.push('.');
        }
        out.push_str(metadata.text(TYPE_DEF, definition.row, 1)?);
        (out.len() <= LONGEST_TEXT).then_some(())
    }

    /// Its name as profiles have it: as above, and with a dot at its start where there is no namespace. The last dot must be the one before the
    /// name: what cannot be said so has none.
    #[must_use]
    pub fn profile_name(&self, definition: Def) -> Option<String> {
        let mut name = String::new();
        self.write_name(definition, &mut name)?;
        let mut outermost = definition;
        for _ in 0..DEEPEST {
            match self.outer(definition.assembly).get(&outermost.row) {
                Some(row) => outermost.row = *row,
                None => break,
            }
        }
        let namespace = self
            .metadata(definition.assembly)
            .text(TYPE_DEF, outermost.row, 2)?;
        if namespace.is_empty() {
            name.insert(0, '.');
        }
        (name.rfind('.') == Some(namespace.len())).then_some(name)
    }

    /// How many parameters a type takes, those of the types that it is nested in included.
    #[must_use]
    pub fn arity(&self, definition: Def) -> usize {
        let known = &self.assemblies[definition.assembly];
        let parameters = known.parameters.get_or_init(|| {
            let mut parameters = HashMap::new();
            for row in 0..known.metadata.rows(GENERIC_PARAM) {
                if let Some((TYPE_DEF, of)) = known.metadata.row(GENERIC_PARAM, row, 2) {
                    *parameters.entry(of).or_insert(0) += 1;
                }
            }
            parameters
        });
        parameters.get(&definition.row).copied().unwrap_or(0)
    }

    /// The type that a method belongs to.
    #[must_use]
    pub fn owner(&self, assembly: usize, method: usize) -> Option<Def> {
        let known = &self.assemblies[assembly];
        let owners = known.owners.get_or_init(|| {
            let mut owners = vec![usize::MAX; known.metadata.rows(METHOD_DEF)];
            for row in 0..known.metadata.rows(TYPE_DEF) {
                owners[known.metadata.methods_of(row)].fill(row);
            }
            owners
        });
        let row = *owners.get(method)?;
        (row != usize::MAX).then_some(Def { assembly, row })
    }

    pub(crate) fn with_layout(&self, assembly: usize) -> &HashSet<usize> {
        self.assemblies[assembly]
            .with_layout
            .get_or_init(|| self.find_with_layout(assembly))
    }

    /// The signature of a method.
    #[must_use]
    pub fn signature(&self, assembly: usize, method: usize) -> Option<Signature> {
        Signature::read(
            self,
            assembly,
            self.metadata(assembly).blob(METHOD_DEF, method, 4)?,
        )
    }

    /// The method that a token in a body names, whose own parameters have these arguments.
    #[must_use]
    pub fn method(
        &self,
        assembly: usize,
        token: Token,
        of_type: &[Ty],
        of_method: &[Ty],
    ) -> Option<Instance> {
        let metadata = self.metadata(assembly);
        let (table, row) = token;
        match table {
            METHOD_DEF => Some(Instance {
                owner: self.owner(assembly, row)?,
                method: row,
                of_type: Vec::new(),
                of_method: Vec::new(),
            }),
            METHOD_SPEC => {
                let of = self.method(
                    assembly,
                    metadata.row(METHOD_SPEC, row, 0)?,
                    of_type,
                    of_method,
                )?;
                let mut blob = metadata.blob(METHOD_SPEC, row, 1)?;
                compressed(&mut blob)?;
                let count = compressed(&mut blob)?;
                let arguments = (0..count)
                    .map(|_| Ty::read(self, assembly, &mut blob)?.with(of_type, of_method))
                    .collect::<Option<_>>()?;
                Some(Instance {
                    of_method: arguments,
                    ..of
                })
            }
            MEMBER_REF => {
                let (owner, arguments) = match metadata.row(MEMBER_REF, row, 0)? {
                    (TYPE_SPEC, spec) => match Ty::of_token(self, assembly, (TYPE_SPEC, spec))?
                        .with(of_type, of_method)?
                    {
                        Ty::Named(owner, arguments) => (owner, arguments),
                        _ => return None,
                    },
                    (METHOD_DEF, _) => return None,
                    other => (self.definition(assembly, other)?, Vec::new()),
                };
                let name = metadata.text(MEMBER_REF, row, 1)?;
                let wanted = Signature::read(self, assembly, metadata.blob(MEMBER_REF, row, 2)?)?;
                let method = self.named(owner, name, &wanted)?;
                Some(Instance {
                    owner,
                    method,
                    of_type: arguments,
                    of_method: Vec::new(),
                })
            }
            _ => None,
        }
    }

    /// The method of that name and signature, of the type itself.
    fn named(&self, owner: Def, name: &str, wanted: &Signature) -> Option<usize> {
        let metadata = self.metadata(owner.assembly);
        metadata
            .methods_of(owner.row)
            .filter(|row| metadata.text(METHOD_DEF, *row, 3) == Some(name))
            .find(|row| self.signature(owner.assembly, *row).as_ref() == Some(wanted))
    }
}
