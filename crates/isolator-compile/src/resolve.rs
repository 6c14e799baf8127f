//! From a method's name, as profiles and lists have it, back to the method.

use crate::metadata::METHOD_DEF;
use crate::methods::{MethodName, TypeName};
use crate::types::{Def, Ty};
use crate::universe::{Instance, Universe};

impl Universe<'_> {
    /// The type of that name: `Namespace.Outer/Inner`, with a dot at its start where there is no namespace.
    #[must_use]
    pub fn type_named(&self, ty: &TypeName) -> Option<Def> {
        let assembly = self.assembly(&ty.assembly)?;
        let mut parts = ty.name.split('/');
        let outermost = parts.next().unwrap_or_default();
        let (namespace, name) = outermost.rsplit_once('.').unwrap_or(("", outermost));
        parts.try_fold(self.find(assembly, namespace, name)?, |outer, part| {
            let row = self.nested(outer.assembly, outer.row, part)?;
            Some(Def { row, ..outer })
        })
    }

    /// The methods that a name says: more than one where overloads have equally many parameters, and types that the name has no words for.
    #[must_use]
    pub fn methods_named(&self, method: &MethodName) -> Vec<Instance> {
        self.overloads_named(method).unwrap_or_default()
    }

    fn overloads_named(&self, method: &MethodName) -> Option<Vec<Instance>> {
        let owner = self.type_named(&method.owner)?;
        let arguments = |types: &[TypeName]| {
            let all = types.iter().map(|ty| self.argument_named(ty));
            all.collect::<Option<Vec<_>>>()
        };
        let of_type = arguments(&method.owner.arguments)?;
        let of_method = arguments(&method.arguments)?;
        if of_type.len() != self.arity(owner) {
            return None;
        }
        let metadata = self.metadata(owner.assembly);
        let mut found = Vec::new();
        let mut exact = None;
        for row in metadata.methods_of(owner.row) {
            if metadata.text(METHOD_DEF, row, 3) != Some(&method.name) {
                continue;
            }
            let signature = self.signature(owner.assembly, row)?;
            let fits = signature.generic == of_method.len()
                && signature.parameters.len() == method.parameters();
            if !fits {
                continue;
            }
            if signature.print(self, &of_type, &of_method).as_ref() == Some(&method.signature) {
                exact = Some(found.len());
            }
            found.push(Instance {
                owner,
                method: row,
                of_type: of_type.clone(),
                of_method: of_method.clone(),
            });
        }
        Some(match exact {
            Some(number) => vec![found.swap_remove(number)],
            None => found,
        })
    }

    fn argument_named(&self, ty: &TypeName) -> Option<Ty> {
        // Arrays are references, which share their code.
        if ty.name.ends_with(']') {
            return Some(Ty::object());
        }
        let definition = self.type_named(ty)?;
        if let Some(primitive) = self.primitive_of(definition) {
            return Some(Ty::Primitive(primitive));
        }
        let arguments = ty.arguments.iter().map(|ty| self.argument_named(ty));
        Some(Ty::Named(definition, arguments.collect::<Option<_>>()?))
    }
}
