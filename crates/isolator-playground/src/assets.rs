//! The page's own files, which are in the program: those of `web/src` as they are, and its scripts as `cargo xtask page` bundles them.

/// A file.
pub struct Asset {
    /// Its name below the token.
    pub name: &'static str,
    /// Its media type.
    pub kind: &'static str,
    /// What is in it.
    pub content: &'static [u8],
}

const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
/// A page.
pub const PAGE: &str = "text/html; charset=utf-8";

const ICON: Asset = Asset {
    name: "icon.svg",
    kind: "image/svg+xml",
    content: include_bytes!("../web/src/icon.svg"),
};

/// What is served to who has the token.
pub const ASSETS: &[Asset] = &[
    Asset {
        name: "",
        kind: PAGE,
        content: include_bytes!("../web/src/index.html"),
    },
    Asset {
        name: "app.js",
        kind: SCRIPT,
        content: include_bytes!("../web/dist/app.js"),
    },
    Asset {
        name: "app.css",
        kind: STYLE,
        content: include_bytes!("../web/src/app.css"),
    },
    ICON,
    Asset {
        name: "THIRD-PARTY-NOTICES.md",
        kind: "text/plain; charset=utf-8",
        content: include_bytes!("../web/dist/THIRD-PARTY-NOTICES.md"),
    },
];

/// What is served to who has none: a page that asks for the address, and does nothing else.
pub const DOOR: &[Asset] = &[
    ICON,
    Asset {
        name: "door.js",
        kind: SCRIPT,
        content: include_bytes!("../web/dist/door.js"),
    },
    Asset {
        name: "door.css",
        kind: STYLE,
        content: include_bytes!("../web/src/door.css"),
    },
];

/// That page.
pub const DOOR_PAGE: &[u8] = include_bytes!("../web/src/door.html");
