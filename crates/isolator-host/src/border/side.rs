//! Links a side module with the guest that it is for, in a runtime's store: memory and table space, addresses, and what it runs at first.

use crate::border::lower::{self, Unlowered};
use crate::engine::instance::GuestInstance;
use crate::engine::stack;
use crate::engine::state::State;
use crate::limits::{Stop, log};
use crate::side::{Compiled, Import, MOST_ELEMENTS, MOST_MODULES, Program, SideModule};
use isolator_abi::side::{COMPUTE, FORGET, REGISTER, STACK_POINTER, TAG};
use std::sync::Arc;
use wasmtime::{
    AsContextMut, Extern, ExternType, Func, Global, GlobalType, Instance, Mutability, Ref,
    StoreContextMut, Table, Trap, Val, ValType,
};

/// What all data of side modules is aligned to at least, as what C's allocator gives.
const ALIGNMENT: u32 = 16;

/// Why a side module was not linked.
#[derive(Debug)]
pub(crate) enum Unlinked {
    /// It is left alone; the assembly can be loaded without it.
    Unfit(String),
    /// The guest ended, or broke the contract.
    Ended(Unlowered),
}

impl From<Unlowered> for Unlinked {
    fn from(ended: Unlowered) -> Self {
        Self::Ended(ended)
    }
}

fn unfit(why: impl Into<String>) -> Unlinked {
    Unlinked::Unfit(why.into())
}

/// Makes the compiled code of an assembly known to the guest, which is about to be given the assembly, if there is some that fits. The result is
/// whether the assembly may be loaded.
///
/// # Errors
/// The guest ended meanwhile.
pub(crate) fn offer(
    store: &mut StoreContextMut<'_, State>,
    instance: &GuestInstance,
    name: &str,
    image: &[u8],
    compiled: Option<&[u8]>,
) -> Result<Result<(), String>, Unlowered> {
    let state = store.data();
    let mode = state.compiled_mode;
    let Some(wasm) = compiled.filter(|_| mode != Compiled::Off) else {
        return Ok(match mode {
            Compiled::Require => Err("there is no compiled code beside it".into()),
            Compiled::Auto | Compiled::Off => Ok(()),
        });
    };
    let side = state.shared.side.clone();
    let linked = match side.get(wasm, image) {
        Ok(side) => link(store, instance, &side),
        Err(why) => Err(Unlinked::Unfit(why.to_string())),
    };
    let state = store.data_mut();
    let runtime = state.runtime();
    let assembly = &*log::cut(name);
    match linked {
        Ok(program) => {
            if state.log.allows() {
                let assembly = &*log::cut(&program.side.plan.stamp.assembly);
                tracing::info!(runtime, assembly, "an assembly runs compiled");
            }
            state.programs.push(program);
            Ok(Ok(()))
        }
        Err(Unlinked::Ended(ended)) => Err(ended),
        Err(Unlinked::Unfit(why)) => {
            let why = crate::printable::line(&why).into_owned();
            if state.log.allows() {
                tracing::warn!(
                    runtime,
                    assembly,
                    "the compiled code of an assembly is left alone: {why}"
                );
            }
            Ok(match mode {
                Compiled::Require => Err(format!("its compiled code is left alone: {why}")),
                Compiled::Auto | Compiled::Off => Ok(()),
            })
        }
    }
}

/// Links it.
fn link(
    store: &mut StoreContextMut<'_, State>,
    instance: &GuestInstance,
    side: &Arc<SideModule>,
) -> Result<Program, Unlinked> {
    let plan = &side.plan;
    let state = store.data();
    if state.compiled_modules >= MOST_MODULES {
        return Err(unfit(format!(
            "this runtime has linked the compiled code of {MOST_MODULES} assemblies, which is the most"
        )));
    }
    let elements = state.compiled_elements.saturating_add(elements_of(side));
    if elements > MOST_ELEMENTS {
        return Err(unfit(format!(
            "the compiled assemblies of this runtime would have {elements} functions in its table, and {MOST_ELEMENTS} are the most"
        )));
    }
    let Some(Extern::Func(register)) = instance.code_export(store, REGISTER) else {
        return Err(unfit(
            "this guest image runs no compiled programs: it was built without compiled code itself",
        ));
    };
    let register = register
        .typed::<(u32, u32, u32), u32>(&*store)
        .map_err(|error| {
            unfit(format!(
                "the guest's `{REGISTER}` is of another kind: {error}"
            ))
        })?;
    let table = instance
        .function_table(store)
        .ok_or_else(|| unfit("the guest has no table"))?;
    check_types(store, instance, side)?;

    // Before anything is taken: nothing of it is given back, whatever comes of it.
    let state = store.data_mut();
    state.compiled_elements = elements;
    state.compiled_modules += 1;
    let memory_base = reserve_memory(store, instance, plan.memory, plan.alignment)?;
    write_data(store, instance, memory_base, &plan.data)?;
    let table_base = reserve_table(store, &table, plan.elements)?;
    let linked = Linking {
        store,
        guest: instance,
        table,
        memory_base,
        table_base,
    }
    .instantiate(side)?;

    for name in &plan.begin {
        let function = linked
            .get_typed_func::<(), ()>(store.as_context_mut(), name)
            .map_err(Unlowered::Guest)?;
        in_guest(store, |store| function.call(store, ()))?;
    }
    let place = linked
        .get_global(store.as_context_mut(), &plan.tables)
        .and_then(|global| global.get(store.as_context_mut()).i32())
        .map(|offset| memory_base.wrapping_add(offset.cast_unsigned()) as usize);
    let memory = instance.memory.data(&*store);
    let tables = place
        .and_then(|place| memory.get(place..)?.first_chunk::<4>())
        .map(|bytes| u32::from_le_bytes(*bytes))
        .ok_or_else(|| unfit("where its tables are is outside the memory"))?;
    let name = plan.stamp.assembly.as_bytes();
    let length = u32::try_from(name.len()).unwrap_or_default();
    let text = lower::bytes(store, instance, length, |to| to.copy_from_slice(name))?;
    match in_guest(store, |store| {
        register.call(store, (tables, text.at, length))
    })? {
        0 => Err(unfit(
            "its tables are not those of the assembly that it names",
        )),
        _ => Ok(Program {
            side: side.clone(),
            memory_base,
            table_base,
        }),
    }
}

/// Links a program with a memory that it was linked with before, in another runtime: its data are there, and the guest knows its tables. So nothing is
/// reserved, written or made known: the code gets its places in the table again, in the same order, and its constants.
///
/// # Errors
/// If it does not fit, which is the fault of whoever wrote the memory down.
pub(crate) fn link_again(
    store: &mut StoreContextMut<'_, State>,
    instance: &GuestInstance,
    program: &Program,
) -> Result<(), Unlinked> {
    let plan = &program.side.plan;
    let state = store.data();
    let elements = state
        .compiled_elements
        .saturating_add(elements_of(&program.side));
    if state.compiled_modules >= MOST_MODULES || elements > MOST_ELEMENTS {
        return Err(unfit("there are too many compiled programs"));
    }
    let table = instance
        .function_table(store)
        .ok_or_else(|| unfit("the guest has no table"))?;
    check_types(store, instance, &program.side)?;
    // Between two programs may be what one that did not fit has left.
    let size = u32::try_from(table.size(&*store)).unwrap_or(u32::MAX);
    let between = program
        .table_base
        .checked_sub(size)
        .filter(|between| *between <= MOST_ELEMENTS)
        .ok_or_else(|| unfit("its place in the table is taken"))?;
    reserve_table(store, &table, between + plan.elements)?;
    let state = store.data_mut();
    state.compiled_elements = elements;
    state.compiled_modules += 1;
    let linked = Linking {
        store,
        guest: instance,
        table,
        memory_base: program.memory_base,
        table_base: program.table_base,
    }
    .instantiate(&program.side)?;
    // The others of these write into the memory.
    if plan.begin.contains(&COMPUTE) {
        let function = linked
            .get_typed_func::<(), ()>(store.as_context_mut(), COMPUTE)
            .map_err(Unlowered::Guest)?;
        in_guest(store, |store| function.call(store, ()))?;
    }
    store.data_mut().programs.push(program.clone());
    Ok(())
}

/// What it takes of the table: functions whose address it asks for have places of their own.
fn elements_of(side: &SideModule) -> u32 {
    let imports = side.plan.imports.iter();
    let asked = imports.filter(|import| matches!(import, Import::Element(_)));
    let asked = u32::try_from(asked.count()).unwrap_or(u32::MAX);
    side.plan.elements.saturating_add(asked)
}

/// What a module's data segments would have written.
fn write_data(
    store: &mut StoreContextMut<'_, State>,
    instance: &GuestInstance,
    base: u32,
    data: &[(u32, Vec<u8>)],
) -> Result<(), Unlinked> {
    let memory = instance.memory.data_mut(store);
    for (offset, bytes) in data {
        let at = base as usize + *offset as usize;
        memory
            .get_mut(at..)
            .and_then(|rest| rest.get_mut(..bytes.len()))
            .ok_or_else(|| unfit("its data are outside the memory"))?
            .copy_from_slice(bytes);
    }
    Ok(())
}

/// Makes the code of an assembly unknown again, if the assembly was not loaded now.
///
/// # Errors
/// The guest ended meanwhile.
pub(crate) fn forget(
    store: &mut StoreContextMut<'_, State>,
    instance: &GuestInstance,
) -> Result<(), Unlowered> {
    let Some(Extern::Func(function)) = instance.code_export(store, FORGET) else {
        return Ok(());
    };
    let function = function
        .typed::<(), ()>(&*store)
        .map_err(Unlowered::Guest)?;
    in_guest(store, |store| function.call(store, ()))
}

fn in_guest<T>(
    store: &mut StoreContextMut<'_, State>,
    f: impl FnOnce(&mut StoreContextMut<'_, State>) -> wasmtime::Result<T>,
) -> Result<T, Unlowered> {
    stack::in_guest(store, f)
        .map_err(Unlowered::Refused)?
        .map_err(Unlowered::Guest)
}

/// Whether the guest has all functions that the side module wants, and of the same types: before anything is reserved.
fn check_types(
    store: &mut StoreContextMut<'_, State>,
    instance: &GuestInstance,
    side: &SideModule,
) -> Result<(), Unlinked> {
    for (import, wanted) in side.plan.imports.iter().zip(side.module.imports()) {
        let (Import::Function(name) | Import::Element(name) | Import::Address(name)) = import
        else {
            continue;
        };
        let found = instance.code_export(store, name);
        let fits = match (import, found) {
            (Import::Function(_), Some(Extern::Func(function))) => match wanted.ty() {
                ExternType::Func(ty) => {
                    ty.matches(&function.ty(&*store)) && function.ty(&*store).matches(&ty)
                }
                _ => false,
            },
            (Import::Element(_), Some(Extern::Func(_)))
            | (Import::Address(_), Some(Extern::Global(_))) => true,
            _ => false,
        };
        if !fits {
            return Err(unfit(format!(
                "the guest has no `{name}` of the type that it wants"
            )));
        }
    }
    Ok(())
}

/// Zeroed memory of the guest's own.
fn reserve_memory(
    store: &mut StoreContextMut<'_, State>,
    instance: &GuestInstance,
    bytes: u32,
    alignment: u32,
) -> Result<u32, Unlinked> {
    if bytes == 0 {
        return Ok(0);
    }
    let realloc = instance.realloc(store).map_err(Unlowered::Guest)?;
    let at = in_guest(store, |store| {
        realloc.call(store, (0, 0, alignment.max(ALIGNMENT), bytes))
    })?;
    let memory = instance.memory.data_mut(store);
    match memory
        .get_mut(at as usize..)
        .and_then(|rest| rest.get_mut(..bytes as usize))
    {
        Some(to) if at != 0 && at.is_multiple_of(alignment) => {
            to.fill(0);
            Ok(at)
        }
        _ => Err(Unlowered::Fault(format!("its allocator gave {at:#x} for {bytes} bytes")).into()),
    }
}

/// Empty elements at the end of the table.
fn reserve_table(
    store: &mut StoreContextMut<'_, State>,
    table: &Table,
    elements: u32,
) -> Result<u32, Unlinked> {
    let at = table
        .grow(store.as_context_mut(), elements.into(), Ref::Func(None))
        .map_err(|error| {
            unfit(format!(
                "the guest's table has no room for {elements} more functions: {error}"
            ))
        })?;
    u32::try_from(at).map_err(|_| unfit("the guest's table has too many elements"))
}

/// Whether a limit or a cancellation stopped the code by which the engine fills the table: that says nothing of the module.
fn is_stopped(error: &wasmtime::Error) -> bool {
    error.is::<Stop>() || error.downcast_ref::<Trap>() == Some(&Trap::OutOfFuel)
}

struct Linking<'a, 'b> {
    store: &'a mut StoreContextMut<'b, State>,
    guest: &'a GuestInstance,
    table: Table,
    memory_base: u32,
    table_base: u32,
}

impl Linking<'_, '_> {
    fn instantiate(&mut self, side: &SideModule) -> Result<Instance, Unlinked> {
        let imports = side
            .plan
            .imports
            .iter()
            .map(|import| self.find(import))
            .collect::<Result<Vec<_>, _>>()?;
        let made = stack::in_guest(self.store, |store| {
            Instance::new(store, &side.module, &imports)
        });
        made.map_err(Unlowered::Refused)?
            .map_err(|error| match is_stopped(&error) {
                true => Unlowered::Guest(error).into(),
                false => unfit(format!("{error:#}")),
            })
    }

    fn find(&mut self, import: &Import) -> Result<Extern, Unlinked> {
        let of_guest = |this: &mut Self, name: &str| {
            this.guest
                .code_export(this.store, name)
                .ok_or_else(|| unfit(format!("the guest has no `{name}`")))
        };
        Ok(match import {
            Import::Memory => self.guest.memory.into(),
            Import::Table => self.table.into(),
            Import::StackPointer => of_guest(self, STACK_POINTER)?,
            Import::Tag => of_guest(self, TAG)?,
            Import::MemoryBase => self.number(self.memory_base, Mutability::Const)?,
            Import::TableBase => self.number(self.table_base, Mutability::Const)?,
            Import::Function(name) => of_guest(self, name)?,
            Import::Address(name) => {
                let address = of_guest(self, name)?
                    .into_global()
                    .and_then(|global| global.get(self.store.as_context_mut()).i32())
                    .ok_or_else(|| unfit(format!("the guest's `{name}` is no address")))?;
                self.number(address.cast_unsigned(), Mutability::Var)?
            }
            Import::Element(name) => {
                let function: Option<Func> = of_guest(self, name)?.into_func();
                let at = self
                    .table
                    .grow(self.store.as_context_mut(), 1, Ref::Func(function))
                    .map_err(|error| unfit(format!("the guest's table has no room: {error}")))?;
                self.number(u32::try_from(at).unwrap_or_default(), Mutability::Var)?
            }
        })
    }

    fn number(&mut self, value: u32, mutability: Mutability) -> Result<Extern, Unlinked> {
        let ty = GlobalType::new(ValType::I32, mutability);
        Global::new(
            self.store.as_context_mut(),
            ty,
            Val::I32(value.cast_signed()),
        )
        .map(Extern::from)
        .map_err(|error| unfit(format!("{error:#}")))
    }
}
