//! Links a side module with the guest that it is for, in a runtime's store: memory and table space, addresses, and what it runs at first.

use crate::assemblies::loader::AssemblyImage;
use crate::border::lower::{self, Unlowered};
use crate::engine::instance::GuestInstance;
use crate::engine::stack;
use crate::engine::state::State;
use crate::limits::{Stop, log};
use crate::side::{
    Binding, Bindings, Compiled, Import, MOST_ELEMENTS, MOST_MODULES, Plan, Program, SideModule,
};
use isolator_abi::side::{COMPUTE, FORGET, REGISTER, STACK_POINTER, TAG};
use std::sync::Arc;
use wasmtime::{
    AsContextMut, Extern, ExternType, Global, GlobalType, Instance, Module, Mutability, Ref,
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

/// Makes the compiled code of an assembly known to the guest, which is about to be given the assembly, if there is some that fits: none where only its
/// bytes are known. The result is whether the assembly may be loaded.
///
/// # Errors
/// The guest ended meanwhile.
pub(crate) fn offer(
    store: &mut StoreContextMut<'_, State>,
    instance: &GuestInstance,
    name: &str,
    assembly: Option<&AssemblyImage>,
) -> Result<Result<(), String>, Unlowered> {
    let state = store.data();
    let mode = state.compiled_mode;
    let compiled = assembly.filter(|given| given.compiled.is_some() && mode != Compiled::Off);
    let Some(compiled) = compiled else {
        return Ok(match mode {
            Compiled::Require => Err("there is no compiled code beside it".into()),
            Compiled::Auto | Compiled::Off => Ok(()),
        });
    };
    let side = state.shared.side.clone();
    let linked = match side.get(compiled) {
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
    let bindings = bindings(store, instance, side)?;

    // Before anything is taken: nothing of it is given back, whatever comes of it.
    let state = store.data_mut();
    state.compiled_elements = elements;
    state.compiled_modules += 1;
    let memory_base = reserve_memory(store, instance, plan.memory, plan.alignment)?;
    fill(store, instance, memory_base, plan)?;
    let table_base = reserve_table(store, &table, elements_of(side))?;
    let linked = Linking {
        store,
        guest: instance,
        table,
        memory_base,
        table_base,
        next_element: table_base + plan.elements,
    }
    .instantiate(side, &bindings)?;

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
    let bindings = bindings(store, instance, &program.side)?;
    // Between two programs may be what one that did not fit has left.
    let size = u32::try_from(table.size(&*store)).unwrap_or(u32::MAX);
    let between = program
        .table_base
        .checked_sub(size)
        .filter(|between| *between <= MOST_ELEMENTS)
        .ok_or_else(|| unfit("its place in the table is taken"))?;
    reserve_table(store, &table, between + elements_of(&program.side))?;
    let state = store.data_mut();
    state.compiled_elements = elements;
    state.compiled_modules += 1;
    let linked = Linking {
        store,
        guest: instance,
        table,
        memory_base: program.memory_base,
        table_base: program.table_base,
        next_element: program.table_base + plan.elements,
    }
    .instantiate(&program.side, &bindings)?;
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

/// What it takes of the table: functions whose address it asks for have places of their own, behind the others.
fn elements_of(side: &SideModule) -> u32 {
    let imports = side.plan.imports.iter();
    let asked = imports.filter(|import| matches!(import, Import::Element(_)));
    let asked = u32::try_from(asked.count()).unwrap_or(u32::MAX);
    side.plan.elements.saturating_add(asked)
}

/// What a module's data segments would have written, and zeros around them.
fn fill(
    store: &mut StoreContextMut<'_, State>,
    instance: &GuestInstance,
    base: u32,
    plan: &Plan,
) -> Result<(), Unlinked> {
    let memory = instance.memory.data_mut(store);
    let own = memory
        .get_mut(base as usize..)
        .and_then(|rest| rest.get_mut(..plan.memory as usize));
    match own.is_some_and(|own| plan.fill(own)) {
        true => Ok(()),
        false => Err(unfit("its data are outside the memory")),
    }
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

/// What the guest has for each import of the side module, of the same types: before anything is reserved. That is so for all runtimes of the
/// guest's code, and looked for in the first.
fn bindings(
    store: &mut StoreContextMut<'_, State>,
    instance: &GuestInstance,
    side: &SideModule,
) -> Result<Arc<[Binding]>, Unlinked> {
    let (_, number) = instance.code_module();
    let (of, found) = side
        .bindings
        .get_or_init(|| (number, bind(store, instance, side)));
    let found = match *of == number {
        true => found.clone(),
        false => bind(store, instance, side),
    };
    found.map_err(|why| unfit(&*why))
}

fn bind(
    store: &mut StoreContextMut<'_, State>,
    instance: &GuestInstance,
    side: &SideModule,
) -> Bindings {
    let imports = side.plan.imports.iter().zip(side.module.imports());
    imports
        .map(|(import, wanted)| bind_one(store, instance, import, &wanted.ty()))
        .collect()
}

fn bind_one(
    store: &mut StoreContextMut<'_, State>,
    instance: &GuestInstance,
    import: &Import,
    wanted: &ExternType,
) -> Result<Binding, Arc<str>> {
    let (code, _) = instance.code_module();
    let name = match import {
        Import::Memory | Import::Table | Import::MemoryBase | Import::TableBase => {
            return Ok(Binding::Own);
        }
        Import::StackPointer => STACK_POINTER,
        Import::Tag => TAG,
        Import::Function(name) | Import::Address(name) | Import::Element(name) => name.as_str(),
    };
    let fits = |found: &ExternType| match (import, found, wanted) {
        (Import::Function(_), ExternType::Func(found), ExternType::Func(wanted)) => {
            wanted.matches(found) && found.matches(wanted)
        }
        (Import::Element(_), ExternType::Func(_), _)
        | (Import::Address(_), ExternType::Global(_), _)
        // These two the engine compares, whenever they are linked.
        | (Import::StackPointer | Import::Tag, _, _) => true,
        _ => false,
    };
    let found = code.get_export(name).filter(fits);
    let (Some(found), Some(export)) = (found, code.get_export_index(name)) else {
        return Err(format!("the guest has no `{name}` of the type that it wants").into());
    };
    match (import, found) {
        (Import::Address(_), ExternType::Global(ty)) if is_constant(code, &ty) => {
            let export = Binding::Export(export);
            Ok(Binding::Address(address(store, instance, name, export)?))
        }
        _ => Ok(Binding::Export(export)),
    }
}

/// Whether a global of the guest's code has one value in all runtimes: nothing writes it, and there is nothing from outside that it could be made of.
fn is_constant(code: &Module, global: &GlobalType) -> bool {
    let mut imports = code.imports();
    global.mutability() == Mutability::Const
        && !imports.any(|import| matches!(import.ty(), ExternType::Global(_)))
}

/// The address of a variable of the guest.
fn address(
    store: &mut StoreContextMut<'_, State>,
    instance: &GuestInstance,
    name: &str,
    binding: Binding,
) -> Result<u32, String> {
    let of_code = match binding {
        Binding::Address(address) => return Ok(address),
        Binding::Export(export) => instance.export_at(store, &export),
        Binding::Own => None,
    };
    of_code
        .and_then(Extern::into_global)
        .and_then(|global| global.get(store.as_context_mut()).i32())
        .map(i32::cast_unsigned)
        .ok_or_else(|| format!("the guest's `{name}` is no address"))
}

/// Memory of the guest's own, with whatever is in it.
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
    let memory = instance.memory.data(&*store);
    match memory
        .get(at as usize..)
        .and_then(|rest| rest.get(..bytes as usize))
    {
        Some(_) if at != 0 && at.is_multiple_of(alignment) => Ok(at),
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
    /// The place in the table of the next function whose address is asked for.
    next_element: u32,
}

impl Linking<'_, '_> {
    fn instantiate(
        &mut self,
        side: &SideModule,
        bindings: &[Binding],
    ) -> Result<Instance, Unlinked> {
        let imports = side
            .plan
            .imports
            .iter()
            .zip(bindings)
            .map(|(import, binding)| self.find(import, *binding))
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

    fn find(&mut self, import: &Import, binding: Binding) -> Result<Extern, Unlinked> {
        Ok(match import {
            Import::Memory => self.guest.memory.into(),
            Import::Table => self.table.into(),
            Import::StackPointer => self.of_guest(STACK_POINTER, binding)?,
            Import::Tag => self.of_guest(TAG, binding)?,
            Import::MemoryBase => self.number(self.memory_base, Mutability::Const)?,
            Import::TableBase => self.number(self.table_base, Mutability::Const)?,
            Import::Function(name) => self.of_guest(name, binding)?,
            Import::Address(name) => {
                let address = address(self.store, self.guest, name, binding).map_err(unfit)?;
                self.number(address, Mutability::Var)?
            }
            Import::Element(name) => {
                let function = self.of_guest(name, binding)?.into_func();
                let at = self.next_element;
                self.next_element += 1;
                self.table
                    .set(self.store.as_context_mut(), at.into(), Ref::Func(function))
                    .map_err(|error| unfit(format!("the guest's table has no room: {error}")))?;
                self.number(at, Mutability::Var)?
            }
        })
    }

    fn of_guest(&mut self, name: &str, binding: Binding) -> Result<Extern, Unlinked> {
        let found = match binding {
            Binding::Export(export) => self.guest.export_at(self.store, &export),
            Binding::Own | Binding::Address(_) => None,
        };
        found.ok_or_else(|| unfit(format!("the guest has no `{name}`")))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::test_guest::TestGuest;
    use crate::{IsolatedRuntime, IsolatedRuntimeHost};
    use isolator_abi::side::{SIDE_ABI, SIDE_SECTION, SideStamp};

    const ASSEMBLY: &[u8] = b"the assembly";

    /// What the guest has for compiled programs. The address of one of its variables could differ between runtimes.
    const OFFERED: &str = r#"
        (global (export "__stack_pointer") (mut i32) (i32.const 4096))
        (global (export "mono_polling_required") i32 (i32.const 264))
        (global (export "mono_thread_interruption_request_flag") (mut i32) (i32.const 268))
        (func (export "fmod") (param f64 f64) (result f64) (local.get 0))
        (func (export "pow") (param f64 f64) (result f64) (local.get 1))
        (func (export "isolator_register_compiled") (param i32 i32 i32) (result i32) (i32.const 1))
        (func (export "isolator_forget_compiled"))
    "#;

    fn host() -> (tempfile::TempDir, IsolatedRuntimeHost) {
        TestGuest::with(&[("others", OFFERED)]).host_with(|builder| builder)
    }

    /// An assembly with compiled code for this host.
    fn assembly(host: &IsolatedRuntimeHost, imports: &str, others: &str) -> AssemblyImage {
        let stamp = SideStamp {
            abi: SIDE_ABI,
            assembly: "App".into(),
            mvid: "00".into(),
            assembly_blake3: blake3::hash(ASSEMBLY).to_string(),
            image: host.shared().side.image().into(),
            methods: 1,
        };
        let stamp = String::from_utf8(stamp.to_bytes())
            .unwrap()
            .replace('"', "\\\"");
        let text = format!(
            r#"(module
                (@dylink.0 (mem-info (memory 64 0) (table 1 0)))
                (import "env" "memory" (memory 1))
                (import "env" "__indirect_function_table" (table $all 0 funcref))
                (import "env" "__memory_base" (global $base i32))
                (import "env" "__table_base" (global $table i32))
                {imports}
                (global (export "mono_aot_module_App_info") i32 (i32.const 0))
                {others}
                (@custom "{SIDE_SECTION}" "{stamp}"))"#
        );
        let wasm = wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        AssemblyImage::new(ASSEMBLY).with_compiled(wasm)
    }

    /// The program that runs compiled, and the first bytes of its memory.
    fn linked(runtime: &mut IsolatedRuntime) -> (Program, Vec<u8>) {
        runtime
            .enter(|entry| {
                let program = entry.store.data().programs[0].clone();
                let memory = entry.instance.memory.data(&entry.store);
                let own = memory[program.memory_base as usize..][..64].to_vec();
                Ok((program, own))
            })
            .unwrap()
    }

    #[test]
    fn imports_are_looked_for_once_and_are_each_runtimes_own() {
        let (_root, host) = host();
        let image = assembly(
            &host,
            r#"(import "env" "fmod" (func $fmod (param f64 f64) (result f64)))
               (import "GOT.mem" "mono_polling_required" (global $polling (mut i32)))
               (import "GOT.mem" "mono_thread_interruption_request_flag" (global $flag (mut i32)))
               (import "GOT.func" "fmod" (global $at_fmod (mut i32)))
               (import "GOT.func" "pow" (global $at_pow (mut i32)))"#,
            r#"(type $of_two (func (param f64 f64) (result f64)))
               (func $own (param f64 f64) (result f64) (f64.const 5))
               (elem (global.get $table) func $own)
               (func $call (param $at i32) (result f64)
                   (call_indirect $all (type $of_two) (f64.const 7) (f64.const 9) (local.get $at)))
               (func (export "__wasm_call_ctors")
                   (i32.store (global.get $base) (global.get $polling))
                   (i32.store offset=4 (global.get $base) (global.get $flag))
                   (i32.store offset=8 (global.get $base) (global.get $at_fmod))
                   (i32.store offset=12 (global.get $base) (global.get $at_pow))
                   (f64.store offset=16 (global.get $base) (call $call (global.get $at_fmod)))
                   (f64.store offset=24 (global.get $base) (call $call (global.get $at_pow)))
                   (f64.store offset=32 (global.get $base) (call $call (global.get $table)))
                   (f64.store offset=40 (global.get $base) (call $fmod (f64.const 3) (f64.const 9))))"#,
        );
        let mut sides = Vec::new();
        for flag in [268_i32, 300] {
            let mut runtime = host.create_runtime().unwrap();
            runtime
                .enter(|entry| {
                    let name = "mono_thread_interruption_request_flag";
                    let global = entry.instance.code_export(&mut entry.store, name);
                    let global = global.and_then(Extern::into_global).unwrap();
                    global.set(&mut entry.store, Val::I32(flag)).unwrap();
                    Ok(())
                })
                .unwrap();
            runtime.load_assembly_image(&image).unwrap();
            assert_eq!(runtime.stats().compiled, ["App"]);
            let (program, memory) = linked(&mut runtime);
            let words: Vec<i32> = memory[..16]
                .chunks(4)
                .map(|word| i32::from_le_bytes(word.try_into().unwrap()))
                .collect();
            let numbers: Vec<f64> = memory[16..48]
                .chunks(8)
                .map(|number| f64::from_le_bytes(number.try_into().unwrap()))
                .collect();
            // The guest has two elements; the program's own is behind them, then those that it asks for.
            assert_eq!(program.table_base, 2);
            assert_eq!(words, [264, flag, 3, 4]);
            assert_eq!(numbers, [7.0, 9.0, 5.0, 3.0]);
            assert_eq!(memory[48..], [0; 16]);
            assert_eq!(runtime.function_table_size(), 5);
            sides.push(program.side);
        }
        assert!(Arc::ptr_eq(&sides[0], &sides[1]));
        let Some((_, Ok(bindings))) = sides[0].bindings.get() else {
            panic!("nothing is known of its imports");
        };
        let known = bindings.iter().filter_map(|binding| match binding {
            Binding::Address(address) => Some(*address),
            Binding::Own | Binding::Export(_) => None,
        });
        assert_eq!(known.collect::<Vec<_>>(), [264]);
    }

    #[test]
    fn types_that_do_not_fit_are_refused_each_time() {
        let (_root, host) = host();
        for (import, name) in [
            (
                r#"(import "env" "fmod" (func (param f64) (result f64)))"#,
                "fmod",
            ),
            (
                r#"(import "env" "aot_wrapper_icall_nothing" (func))"#,
                "aot_wrapper_icall_nothing",
            ),
            (r#"(import "GOT.func" "sin" (global (mut i32)))"#, "sin"),
        ] {
            let image = assembly(&host, import, "");
            for _ in 0..2 {
                let builder = host.runtime().compiled(Compiled::Require);
                let mut runtime = builder.create().unwrap();
                let refused = runtime.load_assembly_image(&image).unwrap_err().to_string();
                let expected = format!("the guest has no `{name}` of the type that it wants");
                assert!(refused.contains(&expected), "{refused}");
                // Before anything was reserved for it.
                assert_eq!(runtime.function_table_size(), 2);
            }
        }
    }
}
