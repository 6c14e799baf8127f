//! Finding assemblies, types and methods, and looking at them.

use crate::assemblies::loader::AssemblyImage;
#[cfg(doc)]
use crate::error::Error;
use crate::error::Result;
use crate::runtime::Calls;
use crate::values::handle::sealed::Sealed;
use crate::values::handle::{
    Handle, IsolatedAssembly, IsolatedMethod, IsolatedObject, IsolatedType,
};
use isolator_abi::wire::{Inspection, MethodQuery};

impl Calls<'_> {
    /// Loads an assembly by its simple or full name: the base class library first, then the host's loaders.
    ///
    /// # Errors
    /// [`Error::AssemblyNotFound`], [`Error::BadImage`].
    pub fn load_assembly(&mut self, name: &str) -> Result<IsolatedAssembly> {
        self.enter(|entry| {
            let raw = entry.load_assembly(name)?;
            Ok(IsolatedAssembly::new(raw, &entry.store.data().releases))
        })
    }

    /// Loads an assembly from its PE image (the content of a `.dll`), with its portable PDB if there is one.
    ///
    /// # Errors
    /// [`Error::BadImage`].
    pub fn load_image(&mut self, image: &[u8], symbols: Option<&[u8]>) -> Result<IsolatedAssembly> {
        self.load(image, symbols, None)
    }

    /// As `load_image`, with the assembly's compiled code if there is some, as a loader gives it.
    ///
    /// # Errors
    /// [`Error::BadImage`], also where [`Compiled::Require`](crate::Compiled::Require) holds and no compiled code fits.
    pub fn load_assembly_image(&mut self, assembly: &AssemblyImage) -> Result<IsolatedAssembly> {
        self.load(&assembly.image, assembly.symbols.as_deref(), Some(assembly))
    }

    fn load(
        &mut self,
        image: &[u8],
        symbols: Option<&[u8]>,
        assembly: Option<&AssemblyImage>,
    ) -> Result<IsolatedAssembly> {
        let compiled = assembly.and_then(|assembly| assembly.compiled.as_ref());
        self.enter(|entry| {
            entry.offer_compiled(assembly)?;
            let loaded = entry.load_image(image, symbols);
            if compiled.is_some() && entry.store.data().fatal.is_none() {
                entry.forget_compiled()?;
            }
            let raw = loaded?;
            Ok(IsolatedAssembly::new(raw, &entry.store.data().releases))
        })
    }

    /// Finds a type, public or not. `name` is as `System.Type.GetType` takes it: `Namespace.Outer+Inner`,
    /// type arguments in brackets.
    ///
    /// # Errors
    /// [`Error::AssemblyNotFound`], [`Error::TypeNotFound`].
    pub fn find_type(&mut self, assembly: &str, name: &str) -> Result<IsolatedType> {
        self.enter(|entry| {
            let raw = entry.find_type_by_name(assembly, name)?;
            Ok(IsolatedType::new(raw, &entry.store.data().releases))
        })
    }

    /// As `find_type`, in an assembly that is loaded.
    ///
    /// # Errors
    /// [`Error::TypeNotFound`].
    pub fn find_type_in(
        &mut self,
        assembly: &IsolatedAssembly,
        name: &str,
    ) -> Result<IsolatedType> {
        self.enter(|entry| {
            let raw = entry.find_type(assembly.raw(entry.runtime())?, name)?;
            Ok(IsolatedType::new(raw, &entry.store.data().releases))
        })
    }

    /// Finds the only method of that name, public or not, static or instance, of the type or what it inherits.
    ///
    /// # Errors
    /// [`Error::AssemblyNotFound`], [`Error::TypeNotFound`], [`Error::MethodNotFound`], and [`Error::Ambiguous`]
    /// where there are overloads: use `find_method_with`.
    pub fn find_method(
        &mut self,
        assembly: &str,
        type_name: &str,
        name: &str,
    ) -> Result<IsolatedMethod> {
        self.find_method_with(assembly, type_name, name, &MethodQuery::default())
    }

    /// As `find_method`, among overloads.
    ///
    /// # Errors
    /// As `find_method`.
    pub fn find_method_with(
        &mut self,
        assembly: &str,
        type_name: &str,
        name: &str,
        query: &MethodQuery,
    ) -> Result<IsolatedMethod> {
        let of_type = self.find_type(assembly, type_name)?;
        self.find_method_of(&of_type, name, query)
    }

    /// As `find_method_with`, of a type that was found.
    ///
    /// # Errors
    /// [`Error::MethodNotFound`], [`Error::Ambiguous`].
    pub fn find_method_of(
        &mut self,
        of_type: &IsolatedType,
        name: &str,
        query: &MethodQuery,
    ) -> Result<IsolatedMethod> {
        self.enter(|entry| {
            let raw = entry.find_method(of_type.raw(entry.runtime())?, name, query)?;
            Ok(IsolatedMethod::new(raw, &entry.store.data().releases))
        })
    }

    /// The type of an object.
    ///
    /// # Errors
    /// [`Error::BadHandle`].
    pub fn type_of(&mut self, object: &IsolatedObject) -> Result<IsolatedType> {
        self.enter(|entry| {
            let raw = entry.type_of(object.raw(entry.runtime())?)?;
            Ok(IsolatedType::new(raw, &entry.store.data().releases))
        })
    }

    /// Lists what an assembly, a type or a method consists of. No code of theirs runs for it, attributes and static
    /// constructors included. An assembly that is not to be loaded at all lists
    /// [`inspect_image`](crate::IsolatedRuntime::inspect_image).
    ///
    /// # Errors
    /// [`Error::BadHandle`].
    pub fn inspect(&mut self, subject: &impl Handle) -> Result<Inspection> {
        self.enter(|entry| {
            let subject = subject.raw(entry.runtime())?;
            entry.inspect(subject)
        })
    }
}
