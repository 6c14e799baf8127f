//! Objects inside: making them, their values and fields.

use crate::border::packing::{Read, Typed};
#[cfg(doc)]
use crate::error::Error;
use crate::error::Result;
use crate::runtime::Calls;
use crate::runtime::calls::raw_of;
use crate::values::handle::sealed::Sealed;
use crate::values::handle::{IsolatedObject, IsolatedType};
use serde::Serialize;
use serde::de::DeserializeOwned;

impl Calls<'_> {
    /// Creates an object with its parameterless constructor.
    ///
    /// # Errors
    /// [`Error::AssemblyNotFound`], [`Error::TypeNotFound`], [`Error::MethodNotFound`]; [`Error::GuestException`] if the
    /// constructor throws.
    pub fn create_object(&mut self, assembly: &str, type_name: &str) -> Result<IsolatedObject> {
        self.create_object_with(assembly, type_name, ())
    }

    /// Creates an object with the constructor that fits the arguments, a tuple.
    ///
    /// # Errors
    /// As `create_object`, and [`Error::Ambiguous`].
    pub fn create_object_with(
        &mut self,
        assembly: &str,
        type_name: &str,
        args: impl Serialize,
    ) -> Result<IsolatedObject> {
        let of_type = self.find_type(assembly, type_name)?;
        self.create_object_of(&of_type, args)
    }

    /// As `create_object_with`, of a type that was found.
    ///
    /// # Errors
    /// As `create_object_with`.
    pub fn create_object_of(
        &mut self,
        of_type: &IsolatedType,
        args: impl Serialize,
    ) -> Result<IsolatedObject> {
        self.enter(|entry| {
            let raw = entry.create_object(of_type.raw(entry.runtime())?, &Typed(&args))?;
            Ok(IsolatedObject::new(raw, &entry.store.data().releases))
        })
    }

    /// Makes an object of a type from a value of the host: a copy inside.
    ///
    /// # Errors
    /// [`Error::Value`] if the type cannot be made from it.
    pub fn copy_object(
        &mut self,
        of_type: &IsolatedType,
        value: impl Serialize,
    ) -> Result<IsolatedObject> {
        self.enter(|entry| {
            let raw = entry.copy_object(of_type.raw(entry.runtime())?, &Typed(&value))?;
            Ok(IsolatedObject::new(raw, &entry.store.data().releases))
        })
    }

    /// A copy of an object's value outside.
    ///
    /// # Errors
    /// [`Error::Value`] if it cannot cross, or is no `R`.
    pub fn value_of<R: DeserializeOwned>(&mut self, object: &IsolatedObject) -> Result<R> {
        self.enter(|entry| {
            let object = object.raw(entry.runtime())?;
            let Read(value) = entry.get_value(object)?;
            Ok(value)
        })
    }

    /// Reads a field, public or not. `target` is none for a static one.
    ///
    /// # Errors
    /// [`Error::MethodNotFound`] if there is none of that name; [`Error::Value`].
    pub fn get_field<R: DeserializeOwned>(
        &mut self,
        of_type: &IsolatedType,
        target: Option<&IsolatedObject>,
        name: &str,
    ) -> Result<R> {
        self.enter(|entry| {
            let (of_type, target) = (
                of_type.raw(entry.runtime())?,
                raw_of(target, entry.runtime())?,
            );
            let Read(value) = entry.get_field(of_type, target, name)?;
            Ok(value)
        })
    }

    /// Writes a field, public or not. `target` is none for a static one.
    ///
    /// # Errors
    /// As `get_field`.
    pub fn set_field(
        &mut self,
        of_type: &IsolatedType,
        target: Option<&IsolatedObject>,
        name: &str,
        value: impl Serialize,
    ) -> Result<()> {
        self.enter(|entry| {
            let (of_type, target) = (
                of_type.raw(entry.runtime())?,
                raw_of(target, entry.runtime())?,
            );
            entry.set_field(of_type, target, name, &Typed(&value))
        })
    }
}
