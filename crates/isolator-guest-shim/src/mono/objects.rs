//! What the static libraries of a runtime pack define, need and look like, read from their wasm objects.

use crate::error::{BuildError, Context};
use object::read::archive::ArchiveFile;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use wasmparser::{
    FuncType, KnownCustom, Linking, Parser, Payload, SymbolFlags, SymbolInfo, TypeRef, ValType,
};

/// Facts about one or more objects.
#[derive(Debug, Clone, Default)]
pub struct Objects {
    /// Names of the functions that they define for others, with their signatures.
    pub functions: BTreeMap<String, Signature>,
    /// Names of the functions that they call and do not define themselves.
    pub undefined: BTreeSet<String>,
    /// Every function type that occurs in them.
    pub signatures: BTreeSet<Signature>,
}

/// A wasm function type in the letters of the interpreter's "cookies": the result, then the parameters.
/// `V` void, `I` i32, `L` i64, `F` f32, `D` f64.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Signature(String);

impl Signature {
    /// The cookie of a type, or none if it has vectors, references or several results.
    #[must_use]
    pub fn of(ty: &FuncType) -> Option<Self> {
        let letter = |ty: &ValType| match ty {
            ValType::I32 => Some('I'),
            ValType::I64 => Some('L'),
            ValType::F32 => Some('F'),
            ValType::F64 => Some('D'),
            _ => None,
        };
        let result = match ty.results() {
            [] => 'V',
            [one] => letter(one)?,
            _ => return None,
        };
        let mut cookie = String::from(result);
        for param in ty.params() {
            cookie.push(letter(param)?);
        }
        Some(Self(cookie))
    }

    /// The signature of these letters, or none if they are no cookie.
    #[must_use]
    pub fn of_letters(letters: &str) -> Option<Self> {
        let (result, parameters) = letters.split_at_checked(1)?;
        let fits = "VILFD".contains(result) && parameters.chars().all(|c| "ILFD".contains(c));
        fits.then(|| Self(letters.into()))
    }

    /// The signature without parameters and result.
    #[must_use]
    pub fn none() -> Self {
        Self("V".into())
    }

    /// The letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// C type of the result.
    #[must_use]
    pub fn result(&self) -> &'static str {
        c_type(self.0.as_bytes()[0])
    }

    /// C types of the parameters.
    pub fn parameters(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.0.bytes().skip(1).map(c_type)
    }
}

fn c_type(letter: u8) -> &'static str {
    match letter {
        b'I' => "int32_t",
        b'L' => "int64_t",
        b'F' => "float",
        b'D' => "double",
        _ => "void",
    }
}

impl Objects {
    /// Reads a static library (`.a`).
    ///
    /// # Errors
    /// If it cannot be read, or is not an archive of wasm objects.
    pub fn of_archive(path: &Path) -> Result<Self, BuildError> {
        let bytes = std::fs::read(path).at("read", path)?;
        let broken = |e: &dyn std::fmt::Display| {
            BuildError::Recipe(format!(
                "{} is not an archive of wasm objects: {e}",
                path.display()
            ))
        };
        let archive = ArchiveFile::parse(&*bytes).map_err(|e| broken(&e))?;
        let mut all = Self::default();
        for member in archive.members() {
            let member = member.map_err(|e| broken(&e))?;
            let data = member.data(&*bytes).map_err(|e| broken(&e))?;
            if data.starts_with(b"\0asm") {
                all.merge(Self::of_object(data).map_err(|e| broken(&e))?);
            }
        }
        Ok(all)
    }

    /// Reads one relocatable wasm object.
    ///
    /// # Errors
    /// If it is not well-formed wasm.
    pub fn of_object(bytes: &[u8]) -> Result<Self, wasmparser::BinaryReaderError> {
        let mut facts = Self::default();
        let mut types: Vec<Option<Signature>> = Vec::new();
        // Per function index, imports first: its type, and its name if it is imported.
        let mut functions: Vec<(u32, Option<String>)> = Vec::new();
        for payload in Parser::new(0).parse_all(bytes) {
            match payload? {
                Payload::TypeSection(section) => {
                    for group in section {
                        for ty in group?.into_types() {
                            let signature = match &ty.composite_type.inner {
                                wasmparser::CompositeInnerType::Func(ty) => Signature::of(ty),
                                _ => None,
                            };
                            facts.signatures.extend(signature.clone());
                            types.push(signature);
                        }
                    }
                }
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        let import = import?;
                        if let TypeRef::Func(ty) = import.ty {
                            functions.push((ty, Some(import.name.to_owned())));
                        }
                    }
                }
                Payload::FunctionSection(section) => {
                    for ty in section {
                        functions.push((ty?, None));
                    }
                }
                Payload::CustomSection(section) => {
                    if let KnownCustom::Linking(linking) = section.as_known() {
                        facts.read_symbols(linking, &types, &functions)?;
                    }
                }
                _ => {}
            }
        }
        Ok(facts)
    }

    fn read_symbols(
        &mut self,
        linking: wasmparser::LinkingSectionReader<'_>,
        types: &[Option<Signature>],
        functions: &[(u32, Option<String>)],
    ) -> Result<(), wasmparser::BinaryReaderError> {
        for subsection in linking.subsections() {
            let Linking::SymbolTable(symbols) = subsection? else {
                continue;
            };
            for symbol in symbols {
                let SymbolInfo::Func { flags, index, name } = symbol? else {
                    continue;
                };
                let Some((ty, import)) = functions.get(index as usize) else {
                    continue;
                };
                let Some(name) = name.map(str::to_owned).or_else(|| import.clone()) else {
                    continue;
                };
                if flags.contains(SymbolFlags::UNDEFINED) {
                    self.undefined.insert(name);
                } else if !flags.contains(SymbolFlags::BINDING_LOCAL)
                    && let Some(Some(signature)) = types.get(*ty as usize)
                {
                    self.functions.insert(name, signature.clone());
                }
            }
        }
        Ok(())
    }

    /// Adds another's facts. What one defines is no longer undefined in the other.
    pub fn merge(&mut self, other: Self) {
        self.functions.extend(other.functions);
        self.undefined.extend(other.undefined);
        self.signatures.extend(other.signatures);
        self.undefined
            .retain(|name| !self.functions.contains_key(name));
    }
}
