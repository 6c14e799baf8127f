// The pane with what a program wrote. It is text, whatever it is: no HTML is made of it.

/** More characters are not kept: what came first goes. */
const MOST = 400_000;
/** Characters of one element. */
const PIECE = 10_000;
/** So many are not kept back until the next frame, which a page in the background does not have. */
const WAITING = 100_000;

export class Output {
  #pane;
  #pending = [];
  #waiting = 0;
  #length = 0;
  #dropped = false;
  #frame = 0;

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
    this.#pane.replaceChildren();
  }

  /** Appends text of a kind: `stdout`, `stderr`, or `said` by the page. */
  write(kind, text) {
    const last = this.#pending.at(-1);
    if (last?.kind === kind && last.text.length < PIECE) last.text += text;
    else this.#pending.push({ kind, text });
    this.#waiting += text.length;
    // All that comes within a frame is drawn at once.
    if (this.#waiting > WAITING) this.flush();
    else this.#frame ||= requestAnimationFrame(() => this.flush());
  }

  flush() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#waiting = 0;
    const pane = this.#pane;
    const atEnd = pane.scrollHeight - pane.scrollTop - pane.clientHeight < 40;
    for (const { kind, text } of this.#pending.splice(0)) {
      const last = pane.lastChild;
      if (last?.className === kind && last.textContent.length < PIECE) last.firstChild.appendData(text);
      else pane.append(piece(kind, text));
      this.#length += text.length;
    }
    this.#shorten();
    if (atEnd) pane.scrollTop = pane.scrollHeight;
  }

  #shorten() {
    const pane = this.#pane;
    while (this.#length > MOST && pane.childNodes.length > 1) {
      const first = pane.childNodes[this.#dropped ? 1 : 0];
      this.#length -= first.textContent.length;
      first.remove();
      if (!this.#dropped) {
        pane.prepend(piece("gap", "… what came first is not kept\n"));
        this.#dropped = true;
      }
    }
  }
}

function piece(kind, text) {
  const span = document.createElement("span");
  span.className = kind;
  span.append(document.createTextNode(text));
  return span;
}
