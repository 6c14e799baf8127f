//! The profiles that Mono's ahead-of-time compiler reads and its profiler writes: lists of methods, in a binary format.
//!
//! `AOTPROFILE`, a version, then records, each with a number: an image (name, MVID), a type (image, instance, name), an
//! instance (type arguments), a method (type, instance, parameters, name, signature). A record is named after it was made.

use crate::error::BuildError;
use crate::methods::{MethodName, TypeName};
use std::collections::{BTreeMap, BTreeSet, HashMap};

const MAGIC: &[u8] = b"AOTPROFILE";
/// Version 1.0.
const VERSION: u32 = 0x0001_0000;
const END: u8 = 0;
const IMAGE: u8 = 1;
const TYPE: u8 = 2;
const INSTANCE: u8 = 3;
const METHOD: u8 = 4;
/// `MONO_TYPE_CLASS`, the one kind of types that there is: structs are of it, too, and arrays do not occur.
const CLASS: u8 = 0x12;
const NONE: i32 = -1;

/// Reads the methods of a profile.
///
/// # Errors
/// If it is none.
pub fn decode(profile: &[u8]) -> Result<BTreeSet<MethodName>, BuildError> {
    Decoder::default()
        .decode(profile)
        .ok_or_else(|| BuildError::Recipe("the profiler wrote something that is no profile".into()))
}

#[derive(Default)]
struct Decoder {
    images: HashMap<i32, String>,
    types: HashMap<i32, TypeName>,
    instances: HashMap<i32, Vec<TypeName>>,
}

impl Decoder {
    fn decode(mut self, profile: &[u8]) -> Option<BTreeSet<MethodName>> {
        let mut at = Cursor(profile.strip_prefix(MAGIC)?);
        if at.int()? != VERSION as i32 {
            return None;
        }
        let mut methods = BTreeSet::new();
        loop {
            let (kind, number) = (at.byte()?, at.int()?);
            match kind {
                END => return Some(methods),
                IMAGE => {
                    let name = at.text()?;
                    at.text()?;
                    self.images.insert(number, name);
                }
                TYPE => {
                    if at.byte()? != CLASS {
                        return None;
                    }
                    let assembly = self.images.get(&at.int()?)?.clone();
                    let arguments = self.instance(at.int()?)?;
                    let named = TypeName {
                        assembly,
                        name: at.text()?,
                        arguments,
                    };
                    self.types.insert(number, named);
                }
                INSTANCE => {
                    let count = at.int()?;
                    let arguments = (0..count)
                        .map(|_| self.types.get(&at.int()?).cloned())
                        .collect::<Option<_>>()?;
                    self.instances.insert(number, arguments);
                }
                METHOD => {
                    let owner = self.types.get(&at.int()?)?.clone();
                    let arguments = self.instance(at.int()?)?;
                    let parameters = at.int()?;
                    let method = MethodName {
                        owner,
                        arguments,
                        name: at.text()?,
                        signature: at.text()?,
                    };
                    if method.parameters() as i32 != parameters {
                        return None;
                    }
                    methods.insert(method);
                }
                _ => return None,
            }
        }
    }

    fn instance(&self, number: i32) -> Option<Vec<TypeName>> {
        if number == NONE {
            Some(Vec::new())
        } else {
            self.instances.get(&number).cloned()
        }
    }
}

struct Cursor<'a>(&'a [u8]);

impl Cursor<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn int(&mut self) -> Option<i32> {
        let (first, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(i32::from_le_bytes(*first))
    }

    fn text(&mut self) -> Option<String> {
        let length = usize::try_from(self.int()?).ok()?;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        String::from_utf8(text.to_vec()).ok()
    }
}

/// Writes a profile of these methods, for assemblies with these MVIDs. The same input gives the same bytes.
///
/// # Errors
/// If a method names an assembly that has no MVID here.
pub fn encode<'a>(
    methods: impl IntoIterator<Item = &'a MethodName>,
    mvids: &BTreeMap<String, String>,
) -> Result<Vec<u8>, BuildError> {
    let mut encoder = Encoder {
        out: MAGIC.to_vec(),
        mvids,
        next: 0,
        images: HashMap::new(),
        types: HashMap::new(),
        instances: HashMap::new(),
    };
    encoder.out.extend(VERSION.to_le_bytes());
    for method in methods {
        let owner = encoder.named(&method.owner)?;
        let instance = encoder.instance(&method.arguments)?;
        encoder.begin(METHOD);
        encoder.int(owner);
        encoder.int(instance);
        encoder.int(method.parameters() as i32);
        encoder.text(&method.name);
        encoder.text(&method.signature);
    }
    encoder.out.push(END);
    encoder.int(0);
    Ok(encoder.out)
}

struct Encoder<'a> {
    out: Vec<u8>,
    mvids: &'a BTreeMap<String, String>,
    next: i32,
    images: HashMap<String, i32>,
    types: HashMap<TypeName, i32>,
    instances: HashMap<Vec<TypeName>, i32>,
}

impl Encoder<'_> {
    fn begin(&mut self, kind: u8) -> i32 {
        let number = self.next;
        self.next += 1;
        self.out.push(kind);
        self.int(number);
        number
    }

    fn int(&mut self, value: i32) {
        self.out.extend(value.to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.int(text.len() as i32);
        self.out.extend(text.as_bytes());
    }

    fn image(&mut self, name: &str) -> Result<i32, BuildError> {
        if let Some(number) = self.images.get(name) {
            return Ok(*number);
        }
        let mvid = self.mvids.get(name).cloned().ok_or_else(|| {
            BuildError::Recipe(format!(
                "the list of methods names the assembly {name}, which the guest does not have"
            ))
        })?;
        let number = self.begin(IMAGE);
        self.text(name);
        self.text(&mvid);
        self.images.insert(name.into(), number);
        Ok(number)
    }

    fn named(&mut self, named: &TypeName) -> Result<i32, BuildError> {
        if let Some(number) = self.types.get(named) {
            return Ok(*number);
        }
        let image = self.image(&named.assembly)?;
        let instance = self.instance(&named.arguments)?;
        let number = self.begin(TYPE);
        self.out.push(CLASS);
        self.int(image);
        self.int(instance);
        self.text(&named.name);
        self.types.insert(named.clone(), number);
        Ok(number)
    }

    fn instance(&mut self, arguments: &[TypeName]) -> Result<i32, BuildError> {
        if arguments.is_empty() {
            return Ok(NONE);
        }
        if let Some(number) = self.instances.get(arguments) {
            return Ok(*number);
        }
        let numbers = arguments
            .iter()
            .map(|argument| self.named(argument))
            .collect::<Result<Vec<_>, _>>()?;
        let number = self.begin(INSTANCE);
        self.int(numbers.len() as i32);
        numbers.into_iter().for_each(|n| self.int(n));
        self.instances.insert(arguments.to_vec(), number);
        Ok(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_says_what_was_listed() {
        let line = "System.Collections.Generic.Dictionary`2{System.String,Other:.T`1{System.Int32}}\tM{System.Int32}\tvoid (int,string)";
        let methods = BTreeSet::from([
            MethodName::parse(crate::methods::CORE, line).unwrap(),
            MethodName::parse("Other", ".T`1{System.Int32}\tM\tint ()").unwrap(),
        ]);
        let mvids = BTreeMap::from([
            (crate::methods::CORE.to_owned(), "1".to_owned()),
            ("Other".to_owned(), "2".to_owned()),
        ]);
        let profile = encode(&methods, &mvids).unwrap();
        assert_eq!(decode(&profile).unwrap(), methods);
        assert_eq!(encode(&methods, &mvids).unwrap(), profile);
        let error = encode(&methods, &BTreeMap::new()).unwrap_err().to_string();
        assert!(error.contains("does not have"), "{error}");
        for end in 0..profile.len() {
            assert!(decode(&profile[..end]).is_err(), "{end}");
        }
    }
}
