// The editor. It lives in a shadow root, so that its styles are adopted sheets, which the page's policy allows, and no `<style>` elements, which it does not.
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { bracketMatching, HighlightStyle, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { lintKeymap, setDiagnostics } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { language } from "./csharp.js";
import { complete } from "./server.js";

const wavy = name => ({ backgroundImage: "none", textDecoration: `underline wavy var(--${name}) 1.2px`, textUnderlineOffset: "3px", textDecorationSkipInk: "none" });

const theme = EditorView.theme({
  "&": { height: "100%", color: "var(--text)", backgroundColor: "transparent", fontSize: "0.87rem" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.5" },
  ".cm-content": { padding: "0.8rem 0", caretColor: "var(--text)" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  ".cm-gutters": { backgroundColor: "transparent", color: "var(--quiet)", border: "none", paddingLeft: "0.3rem" },
  ".cm-activeLine": { backgroundColor: "transparent" },
  "&.cm-focused .cm-activeLine": { backgroundColor: "color-mix(in srgb, var(--shade) 60%, transparent)" },
  ".cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground": { background: "var(--selection)" },
  ".cm-matchingBracket, &.cm-focused .cm-matchingBracket": { backgroundColor: "var(--selection)" },
  ".cm-lintRange-error": wavy("error"),
  ".cm-lintRange-warning": wavy("warning"),
  ".cm-lintRange-info, .cm-lintRange-hint": wavy("quiet"),
  ".cm-lintPoint-error:after": { borderBottomColor: "var(--error)" },
  ".cm-tooltip": { backgroundColor: "var(--panel)", color: "var(--text)", border: "1px solid var(--line)", borderRadius: "6px", overflow: "hidden", maxWidth: "40rem" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--mono)", fontSize: "0.85rem" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]": { background: "var(--main)", color: "var(--main-text)" },
  ".cm-completionDetail": { color: "inherit", opacity: "0.7" },
  ".cm-diagnostic": { whiteSpace: "pre-wrap" },
  ".cm-diagnostic-error": { borderLeftColor: "var(--error)" },
  ".cm-diagnostic-warning": { borderLeftColor: "var(--warning)" },
  ".cm-panels": { backgroundColor: "var(--shade)", color: "var(--text)", borderColor: "var(--line)" },
});

const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.modifier, tags.operatorKeyword], color: "var(--keyword)" },
  { tag: [tags.typeName, tags.className, tags.namespace], color: "var(--type)" },
  { tag: [tags.string, tags.character], color: "var(--string)" },
  { tag: [tags.number, tags.bool, tags.null, tags.atom], color: "var(--number)" },
  { tag: tags.comment, color: "var(--comment)", fontStyle: "italic" },
  { tag: tags.meta, color: "var(--quiet)" },
]);

/** Kinds of completions as the editor has icons for them. */
const KINDS = { struct: "class", field: "property", event: "property", parameter: "variable", delegate: "type", enummember: "constant", typeparameter: "type", other: "text" };

async function completions(context) {
  const word = context.matchBefore(/\w+$/);
  const afterDot = context.matchBefore(/\.$/);
  if (!word && !afterDot && !context.explicit) return null;
  const { doc } = context.state;
  // It is not given up where one types on: that would end the compiler, and the answer fits what follows, too.
  const found = await complete({ text: doc.toString(), position: context.pos }).catch(() => null);
  if (!found?.completions?.length || context.aborted) return null;
  return {
    from: positions(doc).offset(found.completions[0].replaces.start),
    validFor: /^@?\w*$/,
    options: found.completions.map(({ text, kind, detail, using }) => ({
      label: text,
      detail: using ?? detail ?? undefined,
      type: KINDS[kind] ?? kind,
      apply: using ? bringing(using) : undefined,
    })),
  };
}

/** Writes a name, and the using that it needs. */
function bringing(namespace) {
  return (view, { label }, from, to) => {
    const line = `using ${namespace};\n`;
    view.dispatch({
      changes: [{ from: beginning(view.state.doc), insert: line }, { from, to, insert: label }],
      selection: { anchor: from + line.length + label.length },
      userEvent: "input.complete",
    });
  };
}

/** Where a source's code begins: behind comments and directives, but before what depends on a condition. */
function beginning(doc) {
  for (let number = 1; number <= doc.lines; number++) {
    const { from, text } = doc.line(number);
    const isBefore = /^\s*(\/\/|#(?!\s*if\b)|$)/.test(text);
    if (!isBefore) return from;
  }
  return 0;
}

/** Places as the compiler counts them: its lines end at more characters than the editor's. */
export function positions(doc) {
  const text = doc.toString();
  const starts = [0];
  for (const end of text.matchAll(/[\n\u0085\u2028\u2029]/g)) starts.push(end.index + 1);
  return {
    offset({ line, character }) {
      if (line >= starts.length) return text.length;
      const end = line + 1 < starts.length ? starts[line + 1] : text.length;
      return Math.min(starts[line] + character, end);
    },
  };
}

/**
 * Writes over a selection. A browser that does this itself keeps the colours of what was there by `style` attributes, which the page's policy forbids.
 */
function overwrite(event, view) {
  const { from, to, empty } = view.state.selection.main;
  if (empty || event.inputType !== "insertText" || !event.data || event.isComposing) return false;
  const insert = () => view.state.update(view.state.replaceSelection(event.data), { userEvent: "input.type", scrollIntoView: true });
  const isHandled = view.state.facet(EditorView.inputHandler).some(handler => handler(view, from, to, event.data, insert));
  if (!isHandled) view.dispatch(insert());
  event.preventDefault();
  return true;
}

/** Makes the editor in an element. `run` is for Ctrl+Enter, `changed` for each change of the source. */
export function makeEditor(host, { run, changed }) {
  const root = host.attachShadow({ mode: "open" });
  const parent = document.createElement("div");
  root.append(parent);
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(":host > div, :host { display: block } div { height: 100%; box-sizing: border-box }");
  const view = new EditorView({
    root,
    parent,
    state: EditorState.create({
      extensions: [
        keymap.of([{ key: "Mod-Enter", run: () => (run(), true) }]),
        lineNumbers(),
        history(),
        drawSelection(),
        indentOnInput(),
        bracketMatching(),
        closeBrackets(),
        highlightActiveLine(),
        autocompletion({ override: [completions] }),
        language,
        syntaxHighlighting(colours),
        indentUnit.of("    "),
        EditorState.tabSize.of(4),
        theme,
        EditorView.contentAttributes.of({ "aria-label": "C# source", autocapitalize: "off" }),
        EditorView.domEventHandlers({ beforeinput: overwrite }),
        EditorView.updateListener.of(update => update.docChanged && changed()),
        keymap.of([...closeBracketsKeymap, ...completionKeymap, ...lintKeymap, ...historyKeymap, indentWithTab, ...defaultKeymap]),
      ],
    }),
  });
  parent.style.height = "100%";
  return {
    get text() {
      return view.state.doc.toString();
    },
    /** What it shows, to see whether that has changed. */
    get doc() {
      return view.state.doc;
    },
    replace(text) {
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text }, selection: { anchor: 0 }, scrollIntoView: true });
    },
    /** Underlines what is wrong. */
    mark(diagnostics) {
      const at = positions(view.state.doc);
      const marks = diagnostics.map(({ id, severity, message, range }) => ({
        from: at.offset(range.start),
        to: Math.max(at.offset(range.start), at.offset(range.end)),
        severity,
        message,
        source: id,
      }));
      view.dispatch(setDiagnostics(view.state, marks));
    },
    goTo(position) {
      const anchor = positions(view.state.doc).offset(position);
      view.dispatch({ selection: { anchor }, scrollIntoView: true });
      view.focus();
    },
    focus() {
      view.focus();
    },
  };
}
