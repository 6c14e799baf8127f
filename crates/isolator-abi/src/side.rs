//! Side modules: the compiled code of one assembly, beside the guest's own. What they may import, what they export, what they say of
//! themselves.

use serde::{Deserialize, Serialize};

/// The version of what a side module and a guest agree on: the names here, and the options of the compiler.
pub const SIDE_ABI: u32 = 1;

/// Name of the custom section in a side module, a [`SideStamp`] as JSON.
pub const SIDE_SECTION: &str = "isolator.side";

/// Name of the custom section in a guest's code that says which methods are compiled in it: a sorted list of 32-bit numbers, each made of
/// a method's name. Instances that are there need not be in side modules.
pub const COMPILED_SECTION: &str = "isolator.compiled";

/// What follows an assembly's name in the name of the file beside it.
pub const SIDE_SUFFIX: &str = "isolated.wasm";

/// Most bytes of a side module.
pub const LARGEST_SIDE_MODULE: u64 = 32 << 20;

/// Most bytes of one of its functions, so that the engine's compiler, whose time grows faster than that, ends.
pub const LARGEST_SIDE_FUNCTION: u64 = 1 << 20;

/// Most bytes of guest memory that one reserves for its data.
pub const MOST_SIDE_MEMORY: u32 = 16 << 20;

/// Most elements of the function table that one reserves.
pub const MOST_SIDE_ELEMENTS: u32 = 100_000;

/// The module that memory, table, bases, tag and functions are imported from.
pub const ENV: &str = "env";
/// The module that addresses of the guest's variables are imported from, as globals.
pub const GOT_MEMORY: &str = "GOT.mem";
/// The module that elements of the table are imported from, as globals: functions whose address is taken.
pub const GOT_FUNCTIONS: &str = "GOT.func";
/// The exception that compiled code throws and catches.
pub const TAG: &str = "__cpp_exception";
/// The pointer to the top of the C stack.
pub const STACK_POINTER: &str = "__stack_pointer";
/// Where the data of a side module begins.
pub const MEMORY_BASE: &str = "__memory_base";
/// Where the elements of a side module begin.
pub const TABLE_BASE: &str = "__table_base";
/// The guest's function that makes a side module known: the address of its tables, then that and the length of the assembly's name. It returns
/// whether it did.
pub const REGISTER: &str = "isolator_register_compiled";
/// The guest's function that makes the last one unknown, if its assembly was not loaded.
pub const FORGET: &str = "isolator_forget_compiled";
/// The side module's function that computes addresses which it keeps in globals: what the linker makes a start function, which no side module has.
pub const COMPUTE: &str = "isolator_compute_globals";
/// The side module's function that writes addresses into its data.
pub const RELOCATE: &str = "__wasm_apply_data_relocs";
/// The side module's function that runs its constructors.
pub const CONSTRUCT: &str = "__wasm_call_ctors";
/// What the compiler begins and ends the name of the variable with that holds the address of an assembly's tables. A side module exports where
/// it is, from the base of its data.
pub const TABLES: (&str, &str) = ("mono_aot_module_", "_info");

/// Variables of the guest whose addresses a side module may ask for.
pub const CONSTANTS: &[&str] = &[
    "mono_polling_required",
    "mono_thread_interruption_request_flag",
];

/// Functions of the C library and of the compiler's that a side module may call: what machines have no instruction for.
pub const LIBRARY: &[&str] = &[
    "__multi3", "acos", "acosf", "acosh", "acoshf", "asin", "asinf", "asinh", "asinhf", "atan",
    "atan2", "atan2f", "atanf", "atanh", "atanhf", "cbrt", "cbrtf", "cos", "cosf", "cosh", "coshf",
    "exp", "exp2", "exp2f", "expf", "fma", "fmaf", "fmod", "fmodf", "log", "log10", "log10f",
    "log2", "log2f", "logf", "memcmp", "pow", "powf", "round", "roundf", "sin", "sinf", "sinh",
    "sinhf", "tan", "tanf", "tanh", "tanhf",
];

/// Whether a function of the guest is a compiled entry to one of the runtime's own, or to its allocator.
#[must_use]
pub fn is_wrapper(name: &str) -> bool {
    name.starts_with("aot_wrapper_icall_") || name.starts_with("aot_wrapper_alloc_")
}

/// Whether a side module may call the guest's function of that name.
#[must_use]
pub fn may_call(name: &str) -> bool {
    is_wrapper(name) || LIBRARY.binary_search(&name).is_ok()
}

/// Whether an export is where the address of the assembly's tables is.
#[must_use]
pub fn is_tables(name: &str) -> bool {
    name.starts_with(TABLES.0) && name.ends_with(TABLES.1)
}

/// What a side module belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SideStamp {
    /// [`SIDE_ABI`] of the tool that made it.
    pub abi: u32,
    /// Name of the assembly, for people.
    pub assembly: String,
    /// Module version id of the assembly.
    pub mvid: String,
    /// BLAKE3 of the assembly's file, in lower-case hex.
    pub assembly_blake3: String,
    /// The digest of the guest image that it was compiled for.
    pub image: String,
    /// How many methods are compiled, of the assembly's own and instances of generic ones together.
    pub methods: u32,
}

impl SideStamp {
    /// Reads a section's content. Unknown fields are ignored.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(section: &[u8]) -> Result<Self, String> {
        serde_json::from_slice(section)
            .map_err(|error| format!("its `{SIDE_SECTION}` section cannot be read: {error}"))
    }

    /// The section's content.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Whether it fits an assembly with this hash, and a guest image.
    ///
    /// # Errors
    /// The first thing that does not fit, with both values.
    pub fn check(&self, assembly_blake3: &str, image: &str) -> Result<(), String> {
        let say = |what: &str, found: &str, expected: &str| {
            Err(format!(
                "it was compiled for {what} {found}, and this is {expected}"
            ))
        };
        if self.abi != SIDE_ABI {
            return say("version", &self.abi.to_string(), &SIDE_ABI.to_string());
        }
        if self.image != image {
            return say("the guest image", &self.image, image);
        }
        if self.assembly_blake3 != assembly_blake3 {
            return say(
                "the assembly with BLAKE3",
                &self.assembly_blake3,
                assembly_blake3,
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp() -> SideStamp {
        SideStamp {
            abi: SIDE_ABI,
            assembly: "App".into(),
            mvid: "00".into(),
            assembly_blake3: "aa".into(),
            image: "bb".into(),
            methods: 3,
        }
    }

    #[test]
    fn a_stamp_survives_and_fits_only_what_it_names() {
        let stamp = stamp();
        assert_eq!(SideStamp::parse(&stamp.to_bytes()), Ok(stamp.clone()));
        assert_eq!(stamp.check("aa", "bb"), Ok(()));
        assert!(
            stamp
                .check("a0", "bb")
                .unwrap_err()
                .contains("BLAKE3 aa, and this is a0")
        );
        assert!(
            stamp
                .check("aa", "b0")
                .unwrap_err()
                .contains("image bb, and this is b0")
        );
        let other = SideStamp { abi: 99, ..stamp };
        assert!(other.check("aa", "bb").unwrap_err().contains("version 99"));
        assert!(SideStamp::parse(b"{").is_err());
    }

    #[test]
    fn what_may_be_called_is_found() {
        assert!(LIBRARY.is_sorted());
        for name in LIBRARY {
            assert!(may_call(name), "{name}");
        }
        assert!(may_call("aot_wrapper_icall_mono_break"));
        for name in [
            "malloc",
            "cabi_realloc",
            "fd_write",
            "aot_wrapper_pinvoke_x",
            "",
        ] {
            assert!(!may_call(name), "{name}");
        }
    }
}
