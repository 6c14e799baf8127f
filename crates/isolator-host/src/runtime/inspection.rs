//! Listing what an assembly consists of without loading it.

#[cfg(doc)]
use crate::error::Error;
use crate::error::Result;
use crate::runtime::IsolatedRuntime;
use isolator_abi::wire::Inspection;
use serde_bytes::Bytes;

impl IsolatedRuntime {
    /// Lists what an assembly consists of: its types with their members, or one type. It is not loaded, and none of its code runs:
    /// what is listed is its metadata, read inside the sandbox under the runtime's limits.
    ///
    /// A type is named as by [`find_type`](crate::Calls::find_type); one that the assembly forwards is looked for where it forwards to.
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
