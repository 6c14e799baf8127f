//! The page in a real browser: what a person does with it, and what it must not do.
//!
//! Chromium is found as `ISOLATOR_CHROMIUM` says or on the path; `cargo xtask test --install-deps` installs it. With `ISOLATOR_PICTURE` the picture of the
//! documents is written there.

mod devtools;

use devtools::{Browser, Tab};
use isolator_host::IsolatedRuntimeHost;
use isolator_playground::{Playground, RUNTIMES};
use isolator_script::ScriptHost;
use std::path::Path;
use std::time::Duration;

/// Most bytes of the picture in the documents.
const LARGEST_PICTURE: usize = 150_000;

/// Parts of the page, for its scripts.
const PARTS: &str =
    "const part = id => document.getElementById(id); const root = part('editor')?.shadowRoot;";

struct Page<'a> {
    tab: Tab<'a>,
}

impl Page<'_> {
    fn get(&self, expression: &str) -> String {
        self.tab
            .evaluate(&format!("{{ {PARTS} String({expression}) }}"))
    }

    /// Waits until an expression has a value.
    #[track_caller]
    fn shows(&self, expression: &str, expected: &str) {
        self.tab
            .until(&format!("{{ {PARTS} String({expression}) }}"), expected);
    }

    fn click(&self, id: &str) {
        self.get(&format!("part('{id}').click()"));
    }

    /// Writes a source in place of what is there, as a person does.
    fn write(&self, text: &str) {
        self.get("root.querySelector('.cm-content').focus()");
        self.tab.press("a", "KeyA", 65, 2);
        self.tab.insert(text);
    }

    fn source(&self) -> String {
        self.get("[...root.querySelectorAll('.cm-line')].map(line => line.textContent).join('\\n')")
    }
}

#[test]
fn the_page_in_a_browser() {
    let host = IsolatedRuntimeHost::builder()
        .max_runtimes(RUNTIMES)
        .build()
        .unwrap();
    let scripts = ScriptHost::builder().host(&host).build().unwrap();
    let server = Playground::new(&scripts).bind(Some(0)).unwrap();
    let (url, shutdown) = (server.url(), server.shutdown());
    let thread = std::thread::spawn(move || server.serve().unwrap());
    let origin = &url[..url.match_indices('/').nth(2).unwrap().0];

    let browser = Browser::start();
    let page = Page {
        tab: browser.tab(None, &url),
    };
    page.shows("part('example').options.length", "9");
    page.shows(
        "root.activeElement?.className.includes('cm-content')",
        "true",
    );

    it_says_what_is_wrong(&page);
    it_completes(&page);
    it_runs(&page);
    output_comes_while_it_runs(&page);
    output_is_text(&page);
    output_has_colours(&page);
    input_and_limits_are_passed_on(&page);
    its_picture(&page);
    it_works_on_a_narrow_screen(&page);
    it_can_be_used_without_a_mouse(&page);
    a_link_brings_the_source(&browser, &page, origin, &url);

    browser.finish(origin);
    shutdown.shut_down();
    thread.join().unwrap();
}

fn it_says_what_is_wrong(page: &Page<'_>) {
    page.write("var a = 1;\nvar b = a + wrong;\nConsole.WriteLine(b);");
    page.shows(
        "[...root.querySelectorAll('.cm-lintRange-error')].map(mark => mark.textContent)",
        "wrong",
    );
    page.shows(
        "part('problems').textContent",
        "2:13 CS0103 The name 'wrong' does not exist in the current context",
    );
    // A problem leads to its place.
    page.get("part('problems').querySelector('button').click()");
    page.tab.insert("a + ");
    assert_eq!(
        page.source(),
        "var a = 1;\nvar b = a + a + wrong;\nConsole.WriteLine(b);"
    );
    page.write("Console.WriteLine(1);");
    page.shows(
        "root.querySelectorAll('.cm-lintRange-error').length + part('problems').textContent",
        "0",
    );
}

fn it_runs(page: &Page<'_>) {
    page.write("Console.WriteLine(6 * 7); Console.Error.WriteLine(\"warned\"); return 3;");
    page.tab.press("Enter", "Enter", 13, 2);
    page.shows("part('status').textContent", "Ended with exit code 3");
    assert_eq!(
        page.get("part('output').querySelector('.stdout').textContent"),
        "42\n"
    );
    assert_eq!(
        page.get("part('output').querySelector('.stderr').textContent"),
        "warned\n"
    );
    assert_eq!(
        page.get("[...part('times').querySelectorAll('dt')].map(name => name.textContent)"),
        "compile,create,load,run,CPU,memory"
    );
    page.write("throw new Exception(\"no\");");
    page.click("run");
    page.shows("part('status').textContent", "Ended by an exception");
    let said = page.get("part('output').textContent");
    assert!(
        said.starts_with("Unhandled exception. System.Exception: no\n")
            && said.contains("script.cs:line 1"),
        "{said}"
    );
}

fn output_comes_while_it_runs(page: &Page<'_>) {
    page.write("Console.WriteLine(\"begun\"); while (true);");
    page.click("run");
    page.shows("part('output').textContent", "begun\n");
    assert_eq!(
        page.get("part('status').textContent + part('run').disabled"),
        "Running …true"
    );
    page.click("stop");
    page.shows("part('status').textContent", "Stopped");
    assert_eq!(page.get("part('output').textContent"), "begun\n");
    page.shows(
        "[part('run').disabled, part('stop').disabled]",
        "false,true",
    );
}

fn output_is_text(page: &Page<'_>) {
    let harm =
        "<script>window.harmed = 1</script><img src=x onerror='window.harmed = 2'><b>&amp;</b>";
    page.write(&format!(
        "Console.Write(\"\"\"{harm}\"\"\"); throw new Exception(\"\"\"{harm}\"\"\");"
    ));
    page.click("run");
    page.shows("part('status').textContent", "Ended by an exception");
    let shown = page.get("part('output').textContent");
    assert!(
        shown.starts_with(&format!(
            "{harm}Unhandled exception. System.Exception: {harm}\n"
        )),
        "{shown}"
    );
    assert_eq!(
        page.get("part('output').querySelectorAll('script, img, b').length"),
        "0"
    );
    assert_eq!(page.get("window.harmed"), "undefined");
    // In what the compiler says, too.
    page.write(&format!("#error {harm}"));
    page.shows("part('problems').textContent.includes('onerror')", "true");
    assert_eq!(
        page.get("part('problems').querySelectorAll('script, img').length + String(window.harmed)"),
        "0undefined"
    );
    // More than is kept.
    page.write("for (var i = 0; i < 90_000; i++) Console.WriteLine(i); Console.Write(\"last\");");
    page.click("run");
    page.shows("part('status').textContent", "Ended with exit code 0");
    let text = page.get("part('output').textContent");
    assert!(
        text.starts_with("… what came first is not kept\n") && text.ends_with("89999\nlast"),
        "{}",
        text.len()
    );
    assert!(text.len() < 500_000);
}

fn output_has_colours(page: &Page<'_>) {
    let run = |text: &str| {
        page.write(text);
        page.click("run");
        page.shows(
            "part('run').disabled + part('status').textContent",
            "falseEnded with exit code 0",
        );
    };
    let looks = "[...part('output').children].map(part => \
        `${part.className}:${part.style.color}${part.style.backgroundColor}:${part.textContent}`).join('|')";
    // In pieces, as they may come.
    run(
        "Console.Write(\"a\\e[3\"); Console.Out.Flush(); Thread.Sleep(50); Console.Write(\"1;1mred<b>\\e[22m thin\\e[0m \\e[38;5;208mx\\e[48;2;1;2;3my\\e[m.\"); \
         Console.Error.Write(\"\\e[94mblue\");",
    );
    assert_eq!(
        page.get(looks),
        "stdout::a|stdout bold colour1::red<b>|stdout colour1:: thin|stdout:: |stdout:rgb(255, 135, 0):x|stdout:rgb(255, 135, 0)rgb(1, 2, 3):y|stdout::.|stderr colour12::blue"
    );
    let colour = "getComputedStyle(part('output').querySelector('.colour12')).color === getComputedStyle(part('output').querySelector('.stderr')).color";
    assert_eq!(page.get(colour), "true");
    assert_ne!(
        page.get("getComputedStyle(part('output').querySelector('.colour1')).color"),
        page.get("getComputedStyle(part('output').querySelector('.stdout')).color")
    );
    // All else that a terminal would obey is gone, and nothing of it is HTML.
    run(
        "Console.Write(\"\\e]0;<img src=x onerror=1>\\a\\e]8;;javascript:1\\e\\\\link\\e]8;;\\e\\\\\\e[2J\\e[5A\\e(B\\u009b31m!\\b\\0\\e[38;5;999;4;9;5m?\\e[31\");",
    );
    assert_eq!(
        page.get(looks),
        "stdout::link|stdout colour1::!|stdout:rgb(238, 238, 238):?"
    );
    // As many looks as letters.
    run(
        "for (int i = 0; i < 30_000; i++) Console.Write($\"\\e[38;2;{i % 256};0;0m{(char)('a' + i % 26)}\"); Console.Write(\"\\e[mlast\");",
    );
    assert_eq!(page.get("part('output').childNodes.length <= 8001"), "true");
    assert_eq!(
        page.get("part('output').textContent.endsWith('last')"),
        "true"
    );
}

fn input_and_limits_are_passed_on(page: &Page<'_>) {
    page.get("(part('input').value = 'one\\ntwo', part('time').value = '1000', part('memory').value = String(32 * 1024 * 1024))");
    page.write("Console.Write(Console.ReadLine() + Console.In.ReadToEnd()); while (true);");
    page.click("run");
    page.shows("part('status').textContent.startsWith('Stopped by its limit') && part('status').textContent.includes('1s allowed')", "true");
    assert_eq!(page.get("part('output').textContent"), "onetwo");
    page.write("var all = new List<byte[]>(); while (true) all.Add(new byte[1 << 20]);");
    page.click("run");
    page.shows(
        "part('status').textContent.includes('32 MiB allowed')",
        "true",
    );
    page.get("(part('time').selectedIndex = part('time').length - 1, part('memory').selectedIndex = part('memory').length - 1, part('input').value = '')");
}

fn its_picture(page: &Page<'_>) {
    page.get(
        "(part('example').selectedIndex = 0, part('example').dispatchEvent(new Event('change')))",
    );
    page.shows("part('problems').childElementCount", "0");
    // What is shown is what a second run takes, of a source that was not compiled before.
    let source = page.source().trim_end().to_owned();
    for end in ["\n", "\n\n"] {
        page.write(&(source.clone() + end));
        page.click("run");
        page.shows(
            "part('run').disabled + part('status').textContent",
            "falseEnded with exit code 0",
        );
    }
    page.write(&(source + "\n\nConsole.WriteLine(missing);"));
    page.shows("root.querySelectorAll('.cm-lintRange-error').length", "1");
    let picture = page.tab.picture(1180, 680, "light");
    assert!(
        picture.starts_with(b"\x89PNG\r\n\x1a\n") && picture.len() < LARGEST_PICTURE,
        "{} bytes",
        picture.len()
    );
    if let Some(path) = std::env::var_os("ISOLATOR_PICTURE") {
        std::fs::write(Path::new(&path), picture).unwrap();
    }
    let colour = "getComputedStyle(document.body).backgroundColor";
    let light = page.get(colour);
    let dark = page.tab.picture(1180, 680, "dark");
    assert_ne!(page.get(colour), light);
    if let Some(path) = std::env::var_os("ISOLATOR_PICTURE_DARK") {
        std::fs::write(Path::new(&path), dark).unwrap();
    }
}

fn it_works_on_a_narrow_screen(page: &Page<'_>) {
    let picture = page.tab.picture(360, 740, "light");
    if let Some(path) = std::env::var_os("ISOLATOR_PICTURE_NARROW") {
        std::fs::write(Path::new(&path), picture).unwrap();
    }
    assert_eq!(
        page.get("document.documentElement.scrollWidth <= 360"),
        "true"
    );
    let below = "part('output').getBoundingClientRect().top >= part('editor').getBoundingClientRect().bottom";
    assert_eq!(page.get(below), "true");
    page.tab.size(1180, 680, "light");
}

fn it_can_be_used_without_a_mouse(page: &Page<'_>) {
    // Each control has a name, and all are reached by Tab.
    let unnamed = "[...document.querySelectorAll('button, select, input, textarea')].filter(control => \
        !(control.textContent.trim() || control.labels?.length || control.ariaLabel)).length";
    assert_eq!(page.get(unnamed), "0");
    page.get("document.activeElement.blur()");
    page.get("root.querySelector('.cm-content').focus()");
    page.tab.press("Escape", "Escape", 27, 0);
    page.tab.press("Tab", "Tab", 9, 0);
    assert_ne!(page.get("document.activeElement.id"), "editor");
    page.write("Console.WriteLine(1);");
    page.get("part('output').focus()");
    page.tab.press("Enter", "Enter", 13, 2);
    page.shows(
        "part('output').textContent + part('status').textContent",
        "1\nEnded with exit code 0",
    );
}

fn a_link_brings_the_source(browser: &Browser, page: &Page<'_>, origin: &str, url: &str) {
    let source = "// ünïcode 😀 <b>\nConsole.WriteLine(\"shared\");";
    page.write(source);
    page.click("share");
    page.shows("part('link').value !== ''", "true");
    let link = page.get("part('link').value");
    let token = url.trim_end_matches('/').rsplit('/').next().unwrap();
    assert!(
        link.starts_with(&format!("{origin}/#cs=")) && !link.contains(token),
        "{link}"
    );
    // Where the page was open before, the link leads to it.
    let same = Page {
        tab: browser.tab(None, &link),
    };
    same.shows("location.href", url);
    same.shows(
        "root?.querySelector('.cm-line')?.textContent",
        "// ünïcode 😀 <b>",
    );
    assert_eq!(same.source(), source);
    assert_eq!(
        same.get("part('output').textContent"),
        "",
        "nothing runs by itself"
    );
    // Elsewhere it is asked for the address.
    let context = browser.context();
    let other = Page {
        tab: browser.tab(Some(&context), &link),
    };
    other.shows("part('address') !== null", "true");
    other.get("part('address').focus()");
    other.tab.insert("http://127.0.0.1/nothing");
    other.tab.press("Enter", "Enter", 13, 0);
    other.shows(
        "part('note').textContent.startsWith('That is no address')",
        "true",
    );
    other.get("(part('address').value = '', part('address').focus())");
    other.tab.insert(url);
    other.tab.press("Enter", "Enter", 13, 0);
    other.shows("location.href", url);
    other.shows(
        "root?.querySelector('.cm-line')?.textContent",
        "// ünïcode 😀 <b>",
    );
    // One that is damaged changes nothing.
    let damaged = Page {
        tab: browser.tab(Some(&context), &format!("{url}#cs=AAAA")),
    };
    damaged.shows(
        "part('status').textContent",
        "The source in this link is damaged",
    );
}

fn it_completes(page: &Page<'_>) {
    page.write("var text = \"one\";\ntext.");
    page.tab.press("End", "End", 35, 2);
    page.tab.insert("ToUp");
    page.shows("root.querySelector('.cm-tooltip-autocomplete li[aria-selected]')?.textContent.startsWith('ToUpper')", "true");
    // Just opened, it takes no key yet: what was typed may be meant for the text.
    std::thread::sleep(Duration::from_millis(300));
    page.tab.press("Enter", "Enter", 13, 0);
    page.shows(
        "root.querySelectorAll('.cm-line')[1].textContent",
        "text.ToUpper",
    );
    // A type that no using brings comes with one.
    page.write("#:property Nullable=enable\n// first\nvar watch = ");
    page.tab.press("End", "End", 35, 2);
    page.tab.insert("Stopwa");
    page.shows(
        "root.querySelector('.cm-tooltip-autocomplete li[aria-selected]')?.textContent",
        "StopwatchSystem.Diagnostics",
    );
    std::thread::sleep(Duration::from_millis(300));
    page.tab.press("Enter", "Enter", 13, 0);
    page.shows("root.querySelectorAll('.cm-line').length", "4");
    page.tab.insert(".StartNew();");
    assert_eq!(
        page.source(),
        "#:property Nullable=enable\n// first\nusing System.Diagnostics;\nvar watch = Stopwatch.StartNew();"
    );
}
