//! Which names are those of cultures: only these are names of folders with satellite assemblies.

/// Languages that .NET has cultures of, by what ICU and Windows list, with all of ISO 639-1. Without `bin` (Edo), which Windows has: a
/// folder of that name is what builds make.
const LANGUAGES: &str = "\
    aa ab ae af agq ak am an ann ar arn as asa ast av ay az ba bal bas be bem bew bez bg bgc bho bi blo bm bn bo \
    br brx bs bua byn ca cad cch ccp ce ceb cgg ch cho chr cic ckb co cr cs csw cu cv cy da dav de dje doi dsb dua \
    dv dyo dz ebu ee el en eo es et eu ewo fa ff fi fil fj fo fr fur fy ga gaa gan gd gez gl gn gsw gu guz gv ha \
    hak haw hax he hi hnj ho hr hsb ht hu hy hz ia ibb id ie ig ii ik io is it iu ja jbo jgo jmc jv ka kaa kab kam \
    kcg kde kea kg kgp khq ki kj kk kkj kl kln km kn ko kok kpe kr ks ksb ksf ksh ku kv kw kxv ky la lag lb lg li \
    lij lkt lld lmo ln lo lrc lt ltg lu luo luy lv mai mas mdf mer mfe mg mgh mgo mh mhn mi mic mk ml mn mni moh \
    mr ms mt mua my myv mzn na nan naq nb nd nds ne ng nl nmg nn nnh no nqo nr nso nus nv ny nyn oc oj oka om or \
    os osa pa pap pcm pi pis pl prs ps pt qps qu quc quz raj rhg rif rm rn ro rof ru rw rwk sa sah saq sat sbp sc \
    scn sd sdh se seh ses sg shi shn shp si sid sk skr sl sm sma smj smn sms sn so sq sr ss ssy st su suz sv sw \
    syr szl ta te teo tg th ti tig tk tn to tok tpi tr trv trw ts tt tw twq ty tyv tzm ug uk ur uz vai ve vec vi \
    vmw vo vun wa wae wal wbp wo wuu xh xnr xog yav yi yo yrl yue za zgh zh zu";

/// Whether a name is a culture's, such as `de`, `zh-Hant-TW`, `es-419`, `ca-ES-valencia`.
///
/// After the language come parts in this order, each of which may be missing: a script of four letters (or the old `CHS` and `CHT` of
/// Chinese, or what names a pseudo culture), a region of two letters or three digits, and variants.
pub(crate) fn is_culture(name: &str) -> bool {
    let mut parts = name.split('-');
    let language = parts.next().unwrap_or_default();
    if !LANGUAGES
        .split(' ')
        .any(|known| known.eq_ignore_ascii_case(language))
    {
        return false;
    }
    let old = |part: &str, names: &[&str]| names.iter().any(|n| part.eq_ignore_ascii_case(n));
    let (mut script, mut region, mut variants) = (false, false, 0);
    for part in parts {
        let all = |of: fn(&u8) -> bool| part.bytes().all(|byte| of(&byte));
        let letters = all(u8::is_ascii_alphabetic);
        let digits = all(u8::is_ascii_digit);
        let is_script = letters && part.len() == 4
            || language.eq_ignore_ascii_case("zh") && old(part, &["CHS", "CHT"])
            || language.eq_ignore_ascii_case("qps") && old(part, &["ploca", "plocm"]);
        let is_region = letters && part.len() == 2 || digits && part.len() == 3;
        // A variant of four begins with a digit, such as `1996`.
        let is_variant = all(u8::is_ascii_alphanumeric)
            && (matches!(part.len(), 5..=8)
                || part.len() == 4 && part.starts_with(|c: char| c.is_ascii_digit()));
        if is_script && !script && !region && variants == 0 {
            script = true;
        } else if is_region && !region && variants == 0 {
            region = true;
        } else if is_variant && variants < 3 {
            variants += 1;
        } else {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cultures_are_told_from_other_folders() {
        for name in [
            "de",
            "DE-de",
            "de-CH",
            "de-CH-1996",
            "fil",
            "es-419",
            "zh-Hans",
            "zh-CHT",
            "zh-Hant-TW",
            "sr-Cyrl-RS",
            "en-US-POSIX",
            "ca-ES-valencia",
            "qps-ploc",
            "qps-ploca",
            "tzm-Arab-MA",
            "iu-Cans-CA",
            "no",
        ] {
            assert!(is_culture(name), "{name}");
        }
        for name in [
            "",
            "-",
            "data",
            "bin",
            "obj",
            "ref",
            "lib",
            "tmp",
            "runtimes",
            "out",
            "cache",
            "logs",
            "de-",
            "-de",
            "de--CH",
            "de_CH",
            "de/CH",
            "de-..",
            "de.CH",
            "..",
            ".",
            "de-data-data",
            "de-CH-Latn",
            "de-CH-AT",
            "en-x",
            "en-1",
            "deutsch",
            "d",
            "de-CHS",
            "de ",
            "de\0",
            "de-ß",
            "xx",
            "en-US-a-b-c-d",
            "en-aaaaa-bbbbb-ccccc-ddddd",
        ] {
            assert!(!is_culture(name), "{name:?}");
        }
    }
}
