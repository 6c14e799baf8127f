//! `isolator-capi`: limits by number, and what C code calls settings.

use super::{SOURCE, kinds, pascal, setting, upper};
use crate::made::{File, comment, head, rust};
use anyhow::Result;
use isolator_abi::limits::{LIMITS, Limit, OTHER_SETTINGS, Role, Unit};
use std::fmt::Write as _;

/// The constant in C.
fn name(limit: &Limit) -> String {
    // Values cross this interface as bytes.
    let kind = if limit.number.is_none() {
        "Value"
    } else {
        limit.kind
    };
    match limit.role {
        Role::OfHost => format!("ISOLATOR_HOST_{}", setting_word(limit)),
        _ => format!("ISOLATOR_LIMIT_{}", upper(kind)),
    }
}

/// `MEMORY`, `RUNNING_CALLS`: the host's numbers have no `HOST_` inside.
fn setting_word(limit: &Limit) -> String {
    upper(&pascal(limit.setter))
}

/// The enumeration, and the ways from it to the library's limits and back.
pub fn numbers() -> Result<File> {
    let (mut variants, mut arms, mut back) = (String::new(), String::new(), String::new());
    let mut numbered: Vec<(u32, &Limit)> = LIMITS
        .iter()
        .filter_map(|limit| Some((limit.number?, limit)))
        .collect();
    numbered.sort_unstable_by_key(|(number, _)| *number);
    for (number, limit) in numbered {
        let constant = format!("ISOLATOR_LIMIT_{}", upper(limit.kind));
        let _ = writeln!(
            variants,
            "{}{constant} = {number},",
            comment("/// ", limit.c_doc)
        );
        let value = match (limit.role, limit.unit, limit.setter) {
            (Role::OfHost, ..) => continue,
            (_, Unit::Switch, "output_overflow") => "overflow(switch(which, value)?)",
            (_, Unit::Switch, _) => "switch(which, value)?",
            (_, Unit::Time, _) => "time",
            (_, Unit::Small, _) => "small",
            (_, Unit::Bytes | Unit::Number, _) => "number",
        };
        let _ = writeln!(
            arms,
            "// {constant}\n{number} => limits.{}({value}),",
            limit.setter
        );
    }
    for limit in kinds().filter(|limit| limit.number.is_some()) {
        let _ = writeln!(
            back,
            "LimitKind::{} => ISOLATOR_LIMIT_{},",
            limit.kind,
            upper(limit.kind)
        );
    }
    let code = format!(
        "{}\n//! Limits by number.\n\nuse crate::error::CError;\nuse crate::limits::{{ISOLATOR_NO_LIMIT, overflow, switch}};\n\
         use ::isolator_host::{{LimitKind, Limits}};\nuse std::time::Duration;\n\n\
         /// What a runtime may use up. The code of an error of kind `ISOLATOR_ERROR_LIMIT` is one of these.\n#[repr(u32)]\n\
         #[derive(Debug, Clone, Copy, PartialEq, Eq)]\npub enum isolator_limit {{\n\
         /// With `ISOLATOR_NO_LIMIT` only: removes all limits.\nISOLATOR_LIMIT_ALL = 0,\n{variants} }}\n\nuse isolator_limit::*;\n\n\
         /// Limits with one of them changed.\n\
         pub(crate) fn limited(limits: Limits, which: u32, value: u64) -> Result<Limits, CError> {{\n\
         let number = (value != ISOLATOR_NO_LIMIT).then_some(value);\nlet time = number.map(Duration::from_nanos);\n\
         // What does not fit is more than there can be.\n\
         let small = number.map(|number| u32::try_from(number).unwrap_or(u32::MAX));\nOk(match which {{\n\
         // ISOLATOR_LIMIT_ALL\n0 if number.is_none() => Limits::none(),\n\
         0 => return Err(CError::config(\"all limits can only be removed at once\")),\n{arms}\n\
         _ => return Err(CError::config(format!(\"there is no limit {{which}}\"))),\n}})\n}}\n\n\
         /// The number of a limit; 0 for one that this interface does not know.\n\
         pub(crate) fn number_of(kind: LimitKind) -> i32 {{\nlet limit = match kind {{ {back} _ => ISOLATOR_LIMIT_ALL, }};\nlimit as i32\n}}\n",
        head(SOURCE)
    );
    Ok(("crates/isolator-capi/src/limit_numbers.rs", rust(&code)?))
}

/// What C code calls the settings that messages name.
pub fn settings() -> Result<File> {
    let mut arms = String::new();
    for limit in LIMITS {
        let _ = writeln!(arms, "Setting::{} => {:?},", setting(limit), name(limit));
    }
    for other in OTHER_SETTINGS {
        let _ = writeln!(arms, "Setting::{} => {:?},", other.name, other.c);
    }
    let code = format!(
        "{}\n//! What C code calls the settings that messages name.\n\nuse ::isolator_host::Setting;\n\n\
         /// The name in `isolator.h`.\npub(crate) fn setting_name(setting: Setting) -> &'static str {{ match setting {{ {arms} \
         _ => \"a setting of the engine\", }} }}\n",
        head(SOURCE)
    );
    Ok(("crates/isolator-capi/src/setting_names.rs", rust(&code)?))
}
