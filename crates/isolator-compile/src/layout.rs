//! Structs that look like smaller ones.
//!
//! Where compiled and interpreted code meet there is one entry for all signatures that look alike, and for a struct .NET's compiler goes by the
//! types of its fields. So one with an inline array, a buffer of fixed size, or a size or packing of its own is taken for a struct of its
//! fields alone, and what lies behind them is lost, or the call traps. Methods that pass such structs by value stay interpreted.

use crate::metadata::{
    ATTRIBUTE, CLASS_LAYOUT, FIELD, MEMBER_REF, METHOD_DEF, Metadata, TYPE_DEF, Token,
};
use crate::types::{Def, Signature, TYPED_REFERENCE, Ty};
use crate::universe::Universe;
use std::collections::HashSet;

/// What is nested deeper is not looked at: no struct holds itself, so only a broken assembly has such.
const DEEPEST: usize = 32;

const LAYOUT: usize = 0x18;
const EXPLICIT: usize = 0x10;
const STATIC: usize = 0x10;

impl Universe<'_> {
    /// Whether such a struct is passed by value with that signature, whose parameters have these arguments.
    #[must_use]
    pub fn passes_larger(&self, signature: &Signature, of_type: &[Ty], of_method: &[Ty]) -> bool {
        signature
            .parameters
            .iter()
            .chain([&signature.result])
            .any(|ty| {
                ty.with(of_type, of_method)
                    .is_some_and(|ty| self.is_larger(&ty, 0))
            })
    }

    fn is_larger(&self, ty: &Ty, depth: usize) -> bool {
        let (definition, arguments) = match ty {
            // Which entries do not know at all.
            Ty::Primitive(TYPED_REFERENCE) => return true,
            Ty::Modified(_, _, inner) => return self.is_larger(inner, depth),
            Ty::Named(definition, arguments) => (*definition, arguments),
            _ => return false,
        };
        if depth > DEEPEST || !self.is_value(definition) || self.is_enum(definition) {
            return false;
        }
        if let Some(known) = self.larger.borrow().get(ty) {
            return *known;
        }
        // Structs of generic structs have no end in a broken assembly. What is not known stays interpreted.
        if !self.takes(ty.parts()) || self.is_late() {
            return true;
        }
        let is_larger = self.is_larger_struct(definition, arguments, depth);
        self.larger.borrow_mut().insert(ty.clone(), is_larger);
        is_larger
    }

    fn is_larger_struct(&self, definition: Def, arguments: &[Ty], depth: usize) -> bool {
        let metadata = self.metadata(definition.assembly);
        let flags = metadata.cell(TYPE_DEF, definition.row, 0).unwrap_or(0);
        // Those with an explicit layout have an entry of their own.
        flags & LAYOUT != EXPLICIT
            && (self
                .with_layout(definition.assembly)
                .contains(&definition.row)
                || fields(metadata, definition.row).any(|field| {
                    self.field_type(definition.assembly, (FIELD, field))
                        .and_then(|ty| ty.with(arguments, &[]))
                        .is_some_and(|ty| self.is_larger(&ty, depth + 1))
                }))
    }

    /// The type of a field, with the arguments of its type if a reference says them.
    pub(crate) fn field_type(&self, assembly: usize, token: Token) -> Option<Ty> {
        const FIELD_SIGNATURE: u8 = 6;
        let metadata = self.metadata(assembly);
        let (table, row) = token;
        let blob = match table {
            FIELD | MEMBER_REF => metadata.blob(table, row, 2)?,
            _ => return None,
        };
        let (mark, mut ty) = blob.split_first()?;
        (*mark == FIELD_SIGNATURE).then_some(())?;
        let ty = Ty::read(self, assembly, &mut ty)?;
        if table == FIELD {
            return Some(ty);
        }
        match Ty::of_token(self, assembly, metadata.row(MEMBER_REF, row, 0)?)? {
            Ty::Named(_, arguments) => ty.with(&arguments, &[]),
            _ => Some(ty),
        }
    }

    /// The types of an assembly that tell more of their layout than their fields.
    pub(crate) fn find_with_layout(&self, assembly: usize) -> HashSet<usize> {
        let metadata = self.metadata(assembly);
        let sized = (0..metadata.rows(CLASS_LAYOUT)).filter_map(|row| {
            let (_, of) = metadata.row(CLASS_LAYOUT, row, 2)?;
            let packing = metadata.cell(CLASS_LAYOUT, row, 0)?;
            let size = metadata.cell(CLASS_LAYOUT, row, 1)?;
            // An empty struct has one byte, as what stands for it has.
            let is_empty = fields(metadata, of).next().is_none();
            (packing != 0 || size > usize::from(is_empty)).then_some(of)
        });
        let arrays = (0..metadata.rows(ATTRIBUTE)).filter_map(|row| {
            let of = match metadata.row(ATTRIBUTE, row, 0)? {
                (TYPE_DEF, of) => of,
                _ => return None,
            };
            let attribute = match metadata.row(ATTRIBUTE, row, 1)? {
                (METHOD_DEF, method) => self.owner(assembly, method)?,
                (MEMBER_REF, member) => {
                    self.definition(assembly, metadata.row(MEMBER_REF, member, 0)?)?
                }
                _ => return None,
            };
            self.is_named(
                attribute,
                "System.Runtime.CompilerServices",
                "InlineArrayAttribute",
            )
            .then_some(of)
        });
        sized.chain(arrays).collect()
    }
}

/// The rows of a type's fields that its values have.
fn fields<'a>(metadata: &'a Metadata<'_>, row: usize) -> impl Iterator<Item = usize> + 'a {
    metadata
        .fields_of(row)
        .filter(|field| metadata.cell(FIELD, *field, 0).unwrap_or(0) & STATIC == 0)
}
