// The pane with what a program wrote. It is text, whatever it is, of which some is bold or has a colour: no HTML is made of it.
import { Ansi, dress, keyOf } from "./ansi.js";

/** More characters are not kept: what came first goes. */
const MOST = 400_000;
/** Characters of one element. */
const PIECE = 10_000;
/** So many elements are not kept either. */
const MOST_PIECES = 8_000;
/** So many are not kept back until the next frame, which a page in the background does not have. */
const WAITING = 100_000;

export class Output {
  #pane;
  #pending = [];
  #waiting = 0;
  #length = 0;
  #dropped = false;
  #frame = 0;
  /** Each stream's own. */
  #streams = new Map();

  constructor(pane) {
    this.#pane = pane;
  }

  clear() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#pending = [];
    this.#waiting = 0;
    this.#length = 0;
    this.#dropped = false;
    this.#streams.clear();
    this.#pane.replaceChildren();
  }

  /** Appends text of a kind: `stdout`, `stderr`, or `said` by the page. */
  write(kind, text) {
    if (!this.#streams.has(kind)) this.#streams.set(kind, new Ansi());
    for (const part of this.#streams.get(kind).read(text)) this.#add(kind, part);
    // All that comes within a frame is drawn at once.
    if (this.#waiting > WAITING || this.#pending.length > MOST_PIECES) this.flush();
    else this.#frame ||= requestAnimationFrame(() => this.flush());
  }

  #add(kind, { text, look }) {
    const key = `${kind}|${keyOf(look)}`;
    const last = this.#pending.at(-1);
    if (last?.key === key && last.text.length < PIECE) last.text += text;
    else this.#pending.push({ kind, key, look, text });
    this.#waiting += text.length;
  }

  flush() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#waiting = 0;
    const pane = this.#pane;
    const atEnd = pane.scrollHeight - pane.scrollTop - pane.clientHeight < 40;
    for (const { kind, key, look, text } of this.#pending.splice(0)) {
      const last = pane.lastChild;
      if (last?.dataset.key === key && last.textContent.length < PIECE) last.firstChild.appendData(text);
      else pane.append(piece(kind, key, look, text));
      this.#length += text.length;
    }
    this.#shorten();
    if (atEnd) pane.scrollTop = pane.scrollHeight;
  }

  #shorten() {
    const pane = this.#pane;
    while ((this.#length > MOST || pane.childNodes.length > MOST_PIECES) && pane.childNodes.length > 1) {
      const first = pane.childNodes[this.#dropped ? 1 : 0];
      this.#length -= first.textContent.length;
      first.remove();
      if (!this.#dropped) {
        pane.prepend(piece("gap", "gap", null, "… what came first is not kept\n"));
        this.#dropped = true;
      }
    }
  }
}

function piece(kind, key, look, text) {
  const span = document.createElement("span");
  span.className = kind;
  span.dataset.key = key;
  if (look) dress(span, look);
  span.append(document.createTextNode(text));
  return span;
}
