//! Methods that were found by name before, and how values of the host suggest an overload.

use super::arguments::{Each, No, Refused, Takes, refuse};
use crate::values::handle::IsolatedMethod;
use serde::ser::{self, Serialize};
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

/// Most methods that are remembered. Names come from the embedder, so this is a bound on waste, not a defence.
const MOST: usize = 1024;

/// What a method was looked up by: where (an assembly's and a type's name, or a handle's number), its name, and its arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct MethodKey<'a> {
    pub assembly: &'a str,
    pub of_type: &'a str,
    pub object: u64,
    pub name: &'a str,
    pub arguments: Arguments,
}

struct Known {
    assembly: Box<str>,
    of_type: Box<str>,
    object: u64,
    name: Box<str>,
    arguments: Arguments,
    method: IsolatedMethod,
}

/// Methods that were found.
#[derive(Default)]
pub(crate) struct MethodCache {
    entries: HashMap<u64, Known>,
    hasher: RandomState,
}

impl MethodCache {
    pub(crate) fn get(&self, key: &MethodKey<'_>) -> Option<&IsolatedMethod> {
        let entry = self.entries.get(&self.hasher.hash_one(key))?;
        let same = *entry.assembly == *key.assembly
            && *entry.of_type == *key.of_type
            && entry.object == key.object
            && *entry.name == *key.name
            && entry.arguments == key.arguments;
        same.then_some(&entry.method)
    }

    pub(crate) fn insert(&mut self, key: &MethodKey<'_>, method: IsolatedMethod) {
        if self.entries.len() >= MOST {
            self.entries.clear();
        }
        let hash = self.hasher.hash_one(key);
        let MethodKey {
            assembly,
            of_type,
            object,
            name,
            arguments,
        } = *key;
        let entry = Known {
            assembly: assembly.into(),
            of_type: of_type.into(),
            object,
            name: name.into(),
            arguments,
            method,
        };
        self.entries.insert(hash, entry);
    }
}

/// Most arguments whose kinds are looked at.
const LOOKED_AT: usize = 12;

/// Number and kinds of a call's arguments, as far as their Rust types tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) struct Arguments {
    pub count: u32,
    kinds: [Kind; LOOKED_AT],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
enum Kind {
    #[default]
    Unknown,
    Known(&'static str),
}

impl Arguments {
    /// Looks at arguments. None: they are no tuple, array or sequence.
    pub(crate) fn of<A: Serialize>(args: &A) -> Option<Self> {
        let mut looker = Looker::default();
        args.serialize(Each(&mut looker)).ok()?;
        Some(looker.0)
    }

    /// C# names of the parameter types that the values suggest; none if one of them suggests none.
    pub(crate) fn types(&self) -> Option<Vec<String>> {
        let count = usize::try_from(self.count).ok()?;
        let kinds = self.kinds.get(..count)?;
        kinds
            .iter()
            .map(|kind| {
                if let Kind::Known(name) = kind {
                    Some((*name).to_owned())
                } else {
                    None
                }
            })
            .collect()
    }
}

#[derive(Default)]
struct Looker(Arguments);

impl Takes for Looker {
    fn argument<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        let kind = value.serialize(KindOf).unwrap_or_default();
        if let Some(slot) = self.0.kinds.get_mut(self.0.count as usize) {
            *slot = kind;
        }
        self.0.count += 1;
        Ok(())
    }
}

/// Tells a value's kind without looking into it.
struct KindOf;

macro_rules! kinds {
    ($($method:ident $ty:ty => $name:literal;)*) => {
        $(fn $method(self, _: $ty) -> Result<Kind, Refused> { Ok(Kind::Known($name)) })*
    };
}

impl ser::Serializer for KindOf {
    type Ok = Kind;
    type Error = Refused;
    type SerializeSeq = No<Kind>;
    type SerializeTuple = No<Kind>;
    type SerializeTupleStruct = No<Kind>;
    type SerializeTupleVariant = No<Kind>;
    type SerializeMap = No<Kind>;
    type SerializeStruct = No<Kind>;
    type SerializeStructVariant = No<Kind>;

    kinds! {
        serialize_bool bool => "bool"; serialize_char char => "char"; serialize_str &str => "string"; serialize_bytes &[u8] => "byte[]";
        serialize_i8 i8 => "sbyte"; serialize_i16 i16 => "short"; serialize_i32 i32 => "int"; serialize_i64 i64 => "long";
        serialize_u8 u8 => "byte"; serialize_u16 u16 => "ushort"; serialize_u32 u32 => "uint"; serialize_u64 u64 => "ulong";
        serialize_f32 f32 => "float"; serialize_f64 f64 => "double";
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Kind, Refused> {
        value.serialize(self)
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<Kind, Refused> {
        if name == rmp_serde::MSGPACK_EXT_STRUCT_NAME {
            Err(Refused)
        } else {
            value.serialize(self)
        }
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<Kind, Refused> {
        Err(Refused)
    }
    refuse! { Kind;
        serialize_none(); serialize_unit(); serialize_unit_struct(&'static str); serialize_unit_variant(&'static str, u32, &'static str);
    }
    refuse! { No<Kind>;
        serialize_seq(Option<usize>); serialize_tuple(usize); serialize_tuple_struct(&'static str, usize);
        serialize_tuple_variant(&'static str, u32, &'static str, usize); serialize_map(Option<usize>);
        serialize_struct(&'static str, usize); serialize_struct_variant(&'static str, u32, &'static str, usize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::handle::Releases;

    #[test]
    fn arguments_are_counted_and_named_where_their_type_says_enough() {
        let types = |args: Option<Arguments>| args.map(|a| (a.count, a.types()));
        let names = |list: &[&str]| Some(list.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>());
        assert_eq!(types(Arguments::of(&())), Some((0, names(&[]))));
        assert_eq!(
            types(Arguments::of(&(1, "a", 2.0))),
            Some((3, names(&["int", "string", "double"])))
        );
        assert_eq!(types(Arguments::of(&(1, vec![1]))), Some((2, None)));
        assert_eq!(types(Arguments::of(&[0u8; 20])), Some((20, None)));
        assert!(Arguments::of(&1).is_none());
        assert!(Arguments::of(&"ab").is_none());
    }

    #[test]
    fn methods_are_remembered_by_everything_that_names_them() {
        let method = IsolatedMethod::new(5, &Releases::new(1));
        let key = |name, count| MethodKey {
            assembly: "A",
            of_type: "T",
            object: 0,
            name,
            arguments: Arguments {
                count,
                ..Default::default()
            },
        };
        let mut cache = MethodCache::default();
        cache.insert(&key("M", 1), method);
        assert!(cache.get(&key("M", 1)).is_some());
        assert!(cache.get(&key("M", 2)).is_none());
        assert!(cache.get(&key("N", 1)).is_none());
        for index in 0..3000 {
            let key = MethodKey {
                assembly: &index.to_string(),
                ..key("M", 0)
            };
            cache.insert(&key, IsolatedMethod::new(6, &Releases::new(1)));
        }
        assert!(cache.entries.len() <= MOST);
    }
}
