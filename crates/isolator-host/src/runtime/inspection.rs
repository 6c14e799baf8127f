//! Listing what an assembly consists of without loading it: the guest reads its metadata, and none of its code can run.

use crate::border::entry::{Entry, shape};
use crate::border::ops::{Place, encode_arguments, read_value};
use crate::error::{Error, Result};
use crate::limits::DEFAULT_MAX_VALUE;
use crate::runtime::IsolatedRuntime;
use crate::runtime::handle::sealed::Sealed;
use isolator_abi::wire::{self, Inspection};
use serde::Serialize;
use serde_bytes::Bytes;

/// Where the guest's own reader of metadata is.
const PLACE: Place<'_> = Place::Type {
    assembly: "Isolator.Runtime",
    name: "Isolator.Runtime.Members.Images.ImageInspector",
};

/// Most values in an inspection: thirteen for each of its members. The guest lists 200,000 members at most.
const MOST_OF_AN_INSPECTION: usize = 3_000_000;

/// Most memory that an inspection takes here.
const LARGEST_INSPECTION: u64 = DEFAULT_MAX_VALUE;

/// Reads an inspection, unless it holds more values than that: each can be a hundred times as large here as it is there.
pub(crate) fn read_inspection(bytes: &[u8]) -> Result<Inspection> {
    if wire::holds_at_most(bytes, MOST_OF_AN_INSPECTION) {
        read_value(bytes, LARGEST_INSPECTION)
    } else {
        Err(Error::Value {
            message: format!(
                "the guest lists more members than {MOST_OF_AN_INSPECTION} values can hold"
            ),
        })
    }
}

/// The bytes that a guest's `byte[]` crosses as.
fn content(bytes: &[u8]) -> Result<&[u8]> {
    let mut rest = bytes;
    match rmp::decode::read_bin_len(&mut rest) {
        Ok(len) if usize::try_from(len) == Ok(rest.len()) => Ok(rest),
        _ => Err(Error::Value {
            message: "the guest's list of an assembly's members is not where it should be".into(),
        }),
    }
}

impl Entry<'_> {
    fn inspect_metadata<A: Serialize>(&mut self, function: &str, args: &A) -> Result<Inspection> {
        let method = self.method_for(PLACE, function, args)?;
        let raw = method.raw(self.runtime())?;
        let args = encode_arguments(self.runtime(), args)?;
        let args = self.lower(&args)?;
        let instance = self.instance;
        self.call_for(
            &instance.exports.invoke,
            (raw, 0, args.at, args.len),
            shape::value(|bytes| content(bytes).and_then(read_inspection)),
        )
    }
}

impl IsolatedRuntime {
    /// Lists what an assembly consists of: its types with their members, or one type. It is not loaded, and none of its code runs:
    /// what is listed is its metadata, read inside the sandbox under the runtime's limits.
    ///
    /// A type is named as by [`find_type`](Self::find_type); one that the assembly forwards is looked for where it forwards to.
    ///
    /// ```no_run
    /// # let host = isolator_host::IsolatedRuntimeHost::new()?;
    /// let mut runtime = host.create_runtime()?;
    /// let image = std::fs::read("Plugin.dll").expect("a file");
    /// for of_type in runtime.inspect_image(&image, None)?.members {
    ///     println!("{}", isolator_host::printable::line(&of_type.signature));
    /// }
    /// # Ok::<(), isolator_host::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::BadImage`] for what is no assembly, or a damaged one; [`Error::TypeNotFound`]; [`Error::Value`] if there is more in it
    /// than is listed (200,000 types and members).
    pub fn inspect_image(&mut self, image: &[u8], type_name: Option<&str>) -> Result<Inspection> {
        self.enter(|entry| entry.inspect_metadata("OfImage", &(Bytes::new(image), type_name)))
    }

    /// As [`inspect_image`](Self::inspect_image), of an assembly of the base class library or one that the host's loaders have.
    ///
    /// # Errors
    /// As `inspect_image`; [`Error::AssemblyNotFound`].
    pub fn inspect_assembly(
        &mut self,
        assembly: &str,
        type_name: Option<&str>,
    ) -> Result<Inspection> {
        self.enter(|entry| entry.inspect_metadata("OfAssembly", &(assembly, type_name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_list_is_refused() {
        let inspection = wire::to_bytes(&Inspection::default()).unwrap();
        let bytes = wire::to_bytes(&Bytes::new(&inspection)).unwrap();
        assert_eq!(
            content(&bytes).and_then(read_inspection).unwrap(),
            Inspection::default()
        );
        for wrong in [&[][..], &[0xc0], &[0xc4], &[0xc4, 9, 1], &[0xc4, 0, 1]] {
            assert!(content(wrong).is_err(), "{wrong:?}");
        }
        let mut many = b"\x81\xa7Members\xdd\x00\x3d\x09\x00".to_vec();
        many.resize(many.len() + 4_000_000, 0x80);
        let error = read_inspection(&many).unwrap_err();
        assert!(error.to_string().contains("more members"), "{error}");
    }
}
