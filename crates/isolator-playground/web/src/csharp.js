// How C# is coloured: CodeMirror's mode, and raw strings, which it does not know.
import { StreamLanguage } from "@codemirror/language";
import { csharp } from "@codemirror/legacy-modes/mode/clike";

const RAW = /^\$*("{3,})/;

function raw(stream, state) {
  while (!stream.eol()) {
    if (stream.match('"'.repeat(state.raw))) {
      state.raw = 0;
      break;
    }
    stream.next();
  }
  return "string";
}

export const language = StreamLanguage.define({
  ...csharp,
  startState: unit => ({ ...csharp.startState(unit), raw: 0 }),
  token(stream, state) {
    if (state.raw) return raw(stream, state);
    const begin = state.tokenize ? null : stream.match(RAW);
    if (begin) {
      state.raw = begin[1].length;
      return raw(stream, state);
    }
    // The mark of an interpolated string belongs to it.
    if (!state.tokenize && stream.match(/^\$+(?=")/)) return "string";
    return csharp.token(stream, state);
  },
  languageData: { ...csharp.languageData, closeBrackets: { brackets: ["(", "[", "{", '"'] } },
});
